import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, covers, earliest, formatCursor, parseCursor } from "../src/live/protocol";

test("a cursor survives being written and read", () => {
  const text = "case:0197=12;person=3";
  assert.equal(formatCursor(parseCursor(text)), text);
});

test("what is no number is left out of a cursor", () => {
  assert.deepEqual([...parseCursor("case:a=x;;=4;person=3")], [["person", 3]]);
});

test("a cursor only moves forward", () => {
  const cursor = parseCursor("a=5;b=2");
  advance(cursor, parseCursor("a=4;b=7;c=1"));
  assert.equal(formatCursor(cursor), "a=5;b=7;c=1");
});

test("tabs together go on from where the last of them stands", () => {
  assert.equal(formatCursor(earliest([parseCursor("a=5;b=2"), parseCursor("a=3;c=9")])), "a=3;b=2;c=9");
});

test("a page that asked for person hears of its own person only", () => {
  assert.ok(covers("person", "person:0197"));
  assert.ok(!covers("person", "personal"));
  assert.ok(!covers("case:1", "case:12"));
});
