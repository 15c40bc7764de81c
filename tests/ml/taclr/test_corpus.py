"""How catalogue items become annotated offers."""

from __future__ import annotations

from ml.records import ItemRecord
from ml.taclr.corpus import LEAST_ITEMS, category_of, offers_of
from ml.taclr.taxonomy import taxonomy_of


def items(colours: list[str], **more: object) -> list[ItemRecord]:
    return [
        ItemRecord(
            id=str(n),
            title=f"Shoe {n}",
            category=("Footwear", "Shoes", "Casual Shoes"),
            attributes={"Color": colour, "Type": "Casual Shoes"},
            **more,  # type: ignore[arg-type]
        )
        for n, colour in enumerate(colours)
    ]


def test_spellings_of_a_value_become_the_most_frequent_one() -> None:
    offers = offers_of(items(["Navy Blue"] * LEAST_ITEMS + ["navy blue", "NAVY-BLUE"]))
    assert {offer.gold["Color"] for offer in offers} == {("Navy Blue",)}


def test_types_belong_above_the_leaf_that_has_their_name() -> None:
    (item,) = items(["Red"])
    assert category_of(item) == "Footwear > Shoes"


def test_attributes_that_hardly_any_item_has_are_left_out() -> None:
    few = items(["Red"] * (LEAST_ITEMS - 1))
    assert all(not offer.gold for offer in offers_of(few))


def test_held_out_items_take_spellings_and_attributes_from_training() -> None:
    training = items(["Navy Blue"] * LEAST_ITEMS)
    (offer,) = offers_of(items(["NAVY BLUE"]), like=training)
    assert offer.gold["Color"] == ("Navy Blue",)


def test_a_title_that_is_only_a_label_says_nothing() -> None:
    assert offers_of(items(["Red"], title_is_label=True))[0].title == ""


def test_a_list_is_open_where_new_values_keep_appearing() -> None:
    often = [("Shoes", {"Color": [colour]}) for colour in ["Red", "Blue"] * 20]
    rarely = [("Shoes", {"Maker": [f"Maker {n}"]}) for n in range(20)]
    specs = taxonomy_of(often + rarely)["Shoes"]
    assert (specs["Color"].kind, specs["Maker"].kind) == ("choice", "text")
