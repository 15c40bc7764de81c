"""Every kind of thing that can be drawn, by name."""

from __future__ import annotations

from collections.abc import Callable

from listing_assistant.demo.drawing import clothing, electronics, home, leisure, sport, worn
from listing_assistant.demo.drawing.board import Board

Drawer = Callable[[Board], None]

DRAWERS: dict[str, Drawer] = {
    drawer.__name__: drawer
    for drawer in (
        clothing.t_shirt,
        clothing.hoodie,
        clothing.shirt,
        clothing.jacket,
        clothing.dress,
        clothing.skirt,
        clothing.jeans,
        clothing.sweater,
        clothing.cap,
        clothing.beanie,
        clothing.bodysuit,
        worn.sneaker,
        worn.boot,
        worn.heels,
        worn.handbag,
        worn.tote,
        worn.backpack,
        worn.suitcase,
        worn.watch,
        worn.sunglasses,
        worn.necklace,
        worn.ring,
        worn.belt,
        worn.perfume,
        electronics.phone,
        electronics.phone_case,
        electronics.screen_protector,
        electronics.charger,
        electronics.cable,
        electronics.headphones,
        electronics.earbuds,
        electronics.laptop,
        electronics.laptop_sleeve,
        electronics.tablet,
        electronics.camera,
        electronics.lens,
        electronics.game_controller,
        electronics.speaker,
        electronics.keyboard,
        electronics.mouse,
        electronics.router,
        electronics.printer,
        electronics.monitor,
        electronics.memory_module,
        electronics.drive,
        home.lamp,
        home.pendant_lamp,
        home.chair,
        home.armchair,
        home.sofa,
        home.table,
        home.bookshelf,
        home.mug,
        home.teapot,
        home.pan,
        home.cushion,
        home.vase,
        home.clock,
        home.rug,
        home.blanket,
        home.plant_pot,
        home.candle,
        home.frame,
        leisure.book,
        leisure.guitar,
        leisure.electric_guitar,
        leisure.digital_piano,
        leisure.teddy,
        leisure.toy_car,
        leisure.board_game,
        sport.football,
        sport.basketball,
        sport.bicycle,
        sport.dumbbell,
        sport.tent,
        sport.racket,
        sport.skateboard,
        leisure.baby_bottle,
        leisure.pushchair,
        leisure.building_blocks,
    )
}

# These stand in a room; everything else lies on a ground seen from above.
STANDING = frozenset(
    {
        *("lamp", "pendant_lamp", "chair", "armchair", "sofa", "table", "bookshelf"),
        *("mug", "teapot", "vase", "plant_pot", "candle", "perfume"),
        *("teddy", "toy_car", "bicycle", "tent", "baby_bottle", "pushchair", "building_blocks"),
        *("monitor", "router", "printer", "speaker", "suitcase"),
    }
)
