import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../src/live/source";

const ping = 'id: queue:all=4\nevent: ping\ndata: {"topic":"queue:all","panel":"inbox"}\n\n';

test("an event may come in pieces", () => {
  const frames = new Frames();
  assert.deepEqual(frames.push(ping.slice(0, 30)), []);
  const [heard] = frames.push(ping.slice(30));
  assert.deepEqual(heard!.events, [{ event: "ping", data: { topic: "queue:all", panel: "inbox" } }]);
  assert.equal(heard!.seen.get("queue:all"), 4);
});

test("comments and unknown events are passed over", () => {
  assert.deepEqual(new Frames().push(": still here\n\nevent: news\ndata: {}\n\n"), []);
});

test("an id alone moves the cursor", () => {
  const [heard] = new Frames().push("id: a=2\n\n");
  assert.equal(heard!.seen.get("a"), 2);
  assert.deepEqual(heard!.events, []);
});

test("data may span lines", () => {
  const [heard] = new Frames().push('event: read\ndata: {"topic":"a",\ndata: "who":"customer","seq":3}\n\n');
  assert.deepEqual(heard!.events[0]!.data, { topic: "a", who: "customer", seq: 3 });
});
