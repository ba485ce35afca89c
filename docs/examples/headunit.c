/* headunit PROFILE: logs a person in, turns the radio to 21, says what it hears, logs out.
 * PROFILE is an object, /org/glovebox/Agent1/profile/<id>; the PIN comes on standard input.
 * cc headunit.c $(pkg-config --cflags --libs libsystemd); Debian: libsystemd-dev. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define AGENT "org.glovebox.Agent1", "/org/glovebox/Agent1"
static int heard(sd_bus_message *m, void *data, sd_bus_error *unused) {
    printf("signal %s\n", sd_bus_message_get_member(m));
    *(int *)data += 1;
    return 0;
}

static void must(int r, const sd_bus_error *e, const char *what) {
    if (r < 0) {
        fprintf(stderr, "%s: %s: %s\n", what, e && e->name ? e->name : "D-Bus", e && e->message ? e->message : strerror(-r));
        exit(1);
    }
}

int main(int argc, char **argv) {
    char pin[64] = "";
    int signals = 0; /* heard */
    sd_bus *bus = NULL;
    sd_bus_error e = SD_BUS_ERROR_NULL;
    if (argc != 2 || !fgets(pin, sizeof pin, stdin))
        return 2;
    pin[strcspn(pin, "\n")] = 0;
    must(sd_bus_open_system(&bus), NULL, "open the bus");
    must(sd_bus_match_signal(bus, NULL, AGENT, "org.glovebox.Settings1", "Changed", heard, &signals), NULL, "listen");
    must(sd_bus_call_method(bus, AGENT, "org.glovebox.Session1", "Login", &e, NULL, "osa{sv}", argv[1], pin, 0), &e, "log in");
    must(sd_bus_call_method(bus, AGENT, "org.glovebox.Settings1", "Set", &e, NULL, "sa{sv}a{sv}", "radio", 1, "volume", "y", 21, 0), &e, "set");
    for (int r = 1; signals == 0 && r > 0; must(r, NULL, "listen")) /* at most a second: it may have been 21 */
        if ((r = sd_bus_process(bus, NULL)) == 0)
            r = sd_bus_wait(bus, 1000000);
    must(sd_bus_call_method(bus, AGENT, "org.glovebox.Session1", "Logout", &e, NULL, "a{sv}", 0), &e, "log out");
    sd_bus_unref(bus);
}
