import assert from "node:assert/strict";
import { test } from "node:test";
import { clientId } from "../src/chat/post";
import { plain } from "../src/desk/commands";

test("names are found whatever their width, case and spaces", () => {
  assert.equal(plain("Ｅｍｍａ　Wilson"), "emmawilson");
});

test("a client id is a version 4 uuid and never the same", () => {
  assert.match(clientId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(clientId(), clientId());
});
