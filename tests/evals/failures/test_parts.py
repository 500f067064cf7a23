from __future__ import annotations

from whet.evals.failures.parts import shape_of


def test_fields_between_separators_are_parts() -> None:
    shape = shape_of([f"{n} | fan | red" for n in range(20)])
    assert shape is not None
    assert shape.names == ("part 1", "part 2", "part 3")
    assert shape.wrong_parts("7 | Fan | blue.", "7 | fan | red") == ["part 3"]
    assert shape.wrong_parts("7 | fan", "7 | fan | red") is None


def test_the_keys_of_json_objects_are_parts() -> None:
    shape = shape_of(['{"room": 1, "item": "fan"}', '{"room": 2, "item": "door"}'])
    assert shape is not None
    assert shape.wrong_parts('{"item": "fan", "room": 3}', '{"room": 1, "item": "fan"}') == ["room"]
    assert shape.wrong_parts('{"room": 1}', '{"room": 1, "item": "fan"}') is None
    assert shape.wrong_parts("{broken", '{"room": 1, "item": "fan"}') is None


def test_prose_has_no_parts() -> None:
    assert shape_of(["Yes.", "No - not now.", "Perhaps; who knows."]) is None
    assert shape_of(['{"a": 1}', "no"]) is None
