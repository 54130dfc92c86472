"""The measuring of a recorded shop's tasks: it must find what is wrong, and twins must stay true to their shop."""

from bench import retail_files as files
from bench.retail_clerk import Done
from bench.retail_files import Act, Task
from bench.retail_twin import Twin
from tests.edge.stores.demo import files as sample


def _task(index: int, user: str, **more: object) -> Task:
    return Task(index, user, (), dict(more))  # type: ignore[arg-type]


def test_users_meet_nobody_in_a_wave() -> None:
    tasks = [_task(0, "ada"), _task(1, "ben"), _task(2, "ada"), _task(3, "ada")]
    assert [[task.index for task in wave] for wave in files.waves(tasks)] == [[0, 1], [2], [3]]


def test_a_cent_is_found_and_less_is_not() -> None:
    assert files.compare({"a": [1.004]}, {"a": [1.0]}, "x") == []
    assert files.compare({"a": [1.02]}, {"a": [1.0]}, "x") == ["x/a/0: 1.02 instead of 1.0"]
    assert files.compare({"a": 1, "b": 2}, {"a": 1}, "x") == ["x/b"]
    assert files.compare([1], [1, 2], "x") == ["x: [1] instead of [1, 2]"]


def test_what_a_task_must_leave_and_what_it_must_not_touch() -> None:
    before, after = sample.shop(), sample.shop()
    assert files.differences(_task(0, "ada"), before, after) == []
    order = next(key for key, record in after["orders"].items() if record["user_id"] == "ada")
    after["orders"][order]["status"] = "cancelled"
    assert len(files.differences(_task(0, "ada"), before, after)) == 1
    wanted = {"orders": {order: after["orders"][order]}}
    assert files.differences(_task(0, "ada", **wanted), before, after) == []
    assert files.elsewhere([_task(0, "ada")], before, after) == []
    assert files.elsewhere([_task(0, "ben")], before, after) != []


def test_a_refusal_needs_the_right_reason() -> None:
    act = Act("cancel_pending_order", {}, ok=False, error="Error: non-pending order cannot be cancelled")
    assert Done(act, False, "cancel_not_pending").as_it_must_be
    assert not Done(act, False, "identity_needed").as_it_must_be
    assert not Done(act, True).as_it_must_be
    assert not Done(Act("cancel_pending_order", {}), True, wrong="it stays asked").as_it_must_be


def test_a_twin_has_other_ids_and_money_and_the_same_relations() -> None:
    shop = sample.shop()
    twin = Twin(shop, 7)
    other = twin.shop(shop)
    assert {kind: set(records) for kind, records in other.items()} == {
        kind: set(records) for kind, records in shop.items()
    }
    for order in other["orders"].values():
        user = other["users"][order["user_id"]]
        assert order["order_id"] in user["orders"]
        assert all(payment["payment_method_id"] in user["payment_methods"] for payment in order["payment_history"])
        for item in order["items"]:
            assert item["item_id"] in other["products"][item["product_id"]]["variants"]
    paid = sorted(p["amount"] for order in shop["orders"].values() for p in order["payment_history"])
    twice_as = sorted(p["amount"] for order in other["orders"].values() for p in order["payment_history"])
    factor = round(twice_as[-1] / paid[-1])
    assert factor > 1
    assert twice_as == [round(amount * factor, 2) for amount in paid]


def test_acts_of_a_twin_keep_their_order_where_it_matters() -> None:
    acts = tuple(Act("cancel_pending_order", {"order_id": "#A1", "n": n}) for n in range(5))
    task = Task(0, "ada", acts)
    for seed in range(5):
        made = Twin(sample.shop(), seed).task(task)
        assert [act.kwargs["n"] for act in made.actions] == [0, 1, 2, 3, 4]
