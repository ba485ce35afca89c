// docs/asyncapi.yaml as AsyncAPI's own parser and generator take it.
import { Parser } from "@asyncapi/parser";
import { PythonGenerator, TypeScriptGenerator } from "@asyncapi/modelina";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const page = readFileSync(new URL("../../docs/asyncapi.yaml", import.meta.url), "utf8");

// parse gives the document, and what the parser finds but for a remark that there is a newer AsyncAPI.
async function parse(text) {
	const { document, diagnostics } = await new Parser().parse(text);
	return { document, found: diagnostics.filter((d) => d.code !== "asyncapi-latest-version").map((d) => `${d.code} at ${d.path.join(".")}: ${d.message}`) };
}

// models are the names of the types that a generator makes of it.
async function models(generator, text) {
	const { document } = await parse(text);
	return (await new generator().generate(document)).map((m) => m.modelName);
}

const nameless = (name) => /anonymous|reserved/i.test(name);

test("the parser finds nothing", async () => {
	const { document, found } = await parse(page);
	assert.deepEqual(found, []);
	assert.ok(document.channels().all().length > 10 && document.messages().all().length > 10);
});

test("a broken reference and a broken channel are found", async () => {
	for (const [was, is] of [
		["$ref: '#/components/messages/gap'", "$ref: '#/components/messages/gasp'"],
		["address: gb/1/{vid}/ask", "address: gb/1/{vid}/ask/{more}"],
	]) {
		assert.ok(page.includes(was), was);
		const { found } = await parse(page.replace(was, is));
		assert.notEqual(found.length, 0, `${is} was taken`);
	}
});

for (const generator of [TypeScriptGenerator, PythonGenerator]) {
	test(`${generator.name} names every type after its title`, async () => {
		const all = await models(generator, page);
		assert.ok(all.length > 30, all.join(" "));
		assert.deepEqual(all.filter(nameless), []);
		const without = await models(generator, page.replace("title: Verb,", ""));
		assert.notDeepEqual(without.filter(nameless), [], "a type without a title has a name");
	});
}
