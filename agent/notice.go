package agent

import (
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// lights are what people are told of a warning light, by its code
// (docs/contract.md, Alarm codes). The head unit may say it in another language.
var lights = map[string]string{
	"tyre-pressure-fl": "The tyre pressure is low at the front left.",
	"tyre-pressure-fr": "The tyre pressure is low at the front right.",
	"tyre-pressure-rl": "The tyre pressure is low at the rear left.",
	"tyre-pressure-rr": "The tyre pressure is low at the rear right.",
	"oil-pressure":     "The oil pressure is low. Stop and switch the engine off.",
	"coolant-hot":      "The coolant is too hot. Stop and let it cool down.",
	"battery-12v":      "The 12-volt battery is weak.",
	"brake":            "The brakes need to be looked at.",
	"abs":              "The anti-lock brakes do not work.",
	"airbag":           "An airbag needs to be looked at.",
	"engine":           "The engine needs to be looked at.",
	"fuel-low":         "There is little fuel left.",
	"cruise-fault":     "The cruise control does not work.",
	"service-due":      "A service is due.",
	"intrusion":        "The alarm system has noticed an intrusion.",
	"store-recovered":  "Stored data was damaged and has been repaired; some of it may be older, or gone.",
}

// The notices for the main user alone. None names a person: it would stay when they go.
const (
	noticeRefused  = "document-refused"
	noticeTally    = "pin-tally"
	noticeAccepted = "invitation-accepted"
)

var forMain = map[string]string{
	noticeRefused:  "A change of who may use this car was refused: it was out of date, or contradicts another.",
	noticeTally:    "So many PINs were wrong in this car that only one can be tried in ten minutes.",
	noticeAccepted: "Somebody whom you invited has accepted.",
}

// lightText is the kind and the text of the message about a light.
func lightText(code string) (profiles.MessageKind, string) {
	kind, text := profiles.AlarmMessage, lights[code]
	switch code {
	case "service-due":
		kind = profiles.MaintenanceNotice
	case storeRecovered.Code:
		kind = profiles.Notice
	}
	if text == "" {
		text = "A warning light is on."
	}
	return kind, text
}

// on is the light of a rule that is on.
func (r AlarmRule) on() outside.Alarm {
	return outside.Alarm{Code: r.Code, Severity: r.Severity, Active: true}
}
