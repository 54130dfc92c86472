"""What the measurements count with."""

import asyncio
import os

import pytest

from bench.common import family, processor_seconds, spread
from bench.listeners import Came, _Ear
from bench.reference import MARK, script
from bench.wire import Answer, Hangup, Line, form_request, json_request


def test_a_spread_tells_what_most_and_what_the_slowest_waited() -> None:
    told = spread(n / 1000 for n in range(1, 1001))
    assert (told["count"], told["p50_ms"], told["p99_ms"], told["max_ms"]) == (1000, 501, 991, 1000)
    assert spread([])["p99_ms"] == 0


def test_a_process_is_of_its_own_family_and_uses_time() -> None:
    assert os.getpid() in family(os.getpid())
    assert processor_seconds([os.getpid()]) > 0
    assert processor_seconds([2**22 + 1]) == 0


async def test_answers_are_cut_from_what_comes_in_pieces() -> None:
    line = Line()
    line.connection_made(asyncio.Transport())
    waiting = [asyncio.get_running_loop().create_future() for _ in range(3)]
    line._waiting.extend(waiting)
    stream = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\n"
    for byte in range(len(stream)):
        line.data_received(stream[byte : byte + 1])
    assert waiting[0].result() == Answer(201, b"HTTP/1.1 201 Created\r\nContent-Length: 2", b"ok")
    assert waiting[1].result().status == 204
    line.connection_lost(None)
    with pytest.raises(Hangup):
        waiting[2].result()


def test_requests_carry_what_they_say() -> None:
    assert json_request("/x", 80, {"a": 1}, {"authorization": "Bearer t"}) == (
        b"POST /x HTTP/1.1\r\nhost: 127.0.0.1:80\r\nauthorization: Bearer t\r\n"
        b'content-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}'
    )
    assert form_request("/x", 80, {}, {"text": "a b&窓"}).endswith(b"\r\n\r\ntext=a%20b%26%E7%AA%93")


def test_entries_are_heard_whole_however_they_come() -> None:
    came: list[Came] = []
    ear = _Ear(3, "", came)
    case = "01a200df-1003-75fc-bd30-dfb3819bc40b"
    heard = (
        b": open\n\nid: case:x=7\nevent: append\ndata: "
        b'{"topic":"case:%s","target":"t","seq":7,"id":"entry-7","html":"x"}\n\n'
        b'event: ping\ndata: {"topic":"queue:all","panel":"inbox"}\n\n'
    ) % case.encode()
    for byte in range(len(heard)):
        ear.hear(heard[byte : byte + 1])
    assert [(note.reader, note.case, note.seq) for note in came] == [(3, case, 7)]


def test_each_client_of_pgbench_runs_what_was_recorded_for_it() -> None:
    statements = [
        ("begin; set local madoguchi.actor = 'customer:a'", None),
        ("insert into t values (%s, %s, %s)", [None, MARK, "it's"]),
        ("update t set n = %(n)s", {"n": 3}),
        ("commit", None),
    ]
    lines = script([statements, statements]).splitlines()
    assert lines[1:9] == [
        "\\if :client_id = 0",
        "\\startpipeline",
        "begin;",
        "set local madoguchi.actor = 'customer:a';",
        "\\endpipeline",
        "insert into t values (null, :n::text, 'it''s');",
        "update t set n = 3;",
        "commit;",
    ]
    assert (lines[9], lines[-1]) == ("\\elif :client_id = 1", "\\endif")
