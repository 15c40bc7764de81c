"""What the demo marketplace sells: for every kind that can be drawn, what it may be and cost.

Brands are invented. Phone models are vocabulary: no maker's name is printed on a photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FASHION = ("Norvik", "Aldercroft", "Corvello", "Fenrye", "Pelago", "Tamsin Grey")
TECH = ("Voltera", "Orbix", "Kestrel Nine", "Lumo", "Hexaline")
HOME = ("Hearthly", "Skandia Lane", "Maren & Oak", "Potterby", "Lumo")
PLAY = ("Bramble", "Tumbo", "Otterwood", "Kikolino")
SPORT = ("Peakline", "Strivo", "Rondello", "Velomar")

WEAR = ("Black", "White", "Grey", "Navy", "Blue", "Red", "Green", "Pink", "Burgundy", "Khaki",
        "Yellow", "Purple", "Cream")  # fmt: skip
LEATHERS = ("Black", "Brown", "Tan", "Burgundy", "Navy", "Red", "Beige", "Green")
GADGETS = ("Black", "White", "Silver", "Grey", "Blue", "Red", "Pink")
BRIGHT = ("Red", "Blue", "Yellow", "Green", "Orange", "Turquoise", "Pink", "Purple")
DECOR = ("White", "Grey", "Beige", "Navy", "Green", "Turquoise", "Orange", "Pink", "Burgundy",
         "Yellow", "Light blue")  # fmt: skip
FURNITURE = ("Brown", "White", "Black", "Grey", "Green", "Blue")
METALS = ("Gold", "Silver")

LETTERS = ("XS", "S", "M", "L", "XL", "XXL")
SHOE_SIZES = ("EU 37", "EU 38", "EU 39", "EU 40", "EU 41", "EU 42", "EU 43", "EU 44")
PHONES: Mapping[str, tuple[str, ...]] = {
    "Apple": ("iPhone 11", "iPhone 12", "iPhone 13", "iPhone 14", "iPhone 15"),
    "Samsung": ("Galaxy S21", "Galaxy S22", "Galaxy S23", "Galaxy A54"),
    "Google": ("Pixel 6", "Pixel 7", "Pixel 8"),
}
LAPTOP_SIZES = ("13.3 in", "14 in", "15.6 in")
MOUNTS = ("Canon EF", "Nikon F", "Sony E", "Fujifilm X")
PLATFORMS = ("PlayStation 5", "PlayStation 4", "Xbox Series X/S", "Nintendo Switch", "PC")


@dataclass(frozen=True)
class Recipe:
    """`names` are what sellers call it; `price` is a range in US dollars for one in good order.

    `attributes` maps a name of the category's attributes to the values it may take. `phones` says
    which attributes name a phone: "" none, "Model" its own, "Compatible Model" what it fits.
    `several` is the share of sellers who have more than one.
    """

    kind: str
    category: str
    names: tuple[str, ...]
    type: str
    price: tuple[float, float]
    brands: tuple[str, ...]
    colours: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterned: bool = False
    phones: str = ""
    several: float = 0.1
    count: int = 8


def _wear(
    kind: str,
    category: str,
    names: tuple[str, ...],
    type: str,
    price: tuple[float, float],
    materials: tuple[str, ...] = ("Cotton", "Polyester", "Blend"),
    *,
    patterned: bool = True,
    count: int = 10,
) -> Recipe:
    attributes = {"Material": materials, "Size": LETTERS}
    return Recipe(kind, category, names, type, price, FASHION, WEAR, attributes, patterned,
                  several=0.4, count=count)  # fmt: skip


def _shoes(
    kind: str, category: str, name: str, type: str, price: tuple[float, float], count: int = 10
) -> Recipe:
    attributes = {
        "Size": SHOE_SIZES,
        "Department": ("Women", "Men", "Unisex"),
        "Upper Material": ("Leather", "Canvas", "Suede"),
    }
    colours = (*LEATHERS, "White")
    return Recipe(kind, category, (name,), type, price, FASHION, colours, attributes,
                  several=0.3, count=count)  # fmt: skip


def _carried(
    kind: str, category: str, names: tuple[str, ...], type: str, price: tuple[float, float],
    materials: tuple[str, ...], *, patterned: bool = False, count: int = 10,
) -> Recipe:  # fmt: skip
    attributes = {"Material": materials, "Bag Size": ("Small", "Medium", "Large")}
    colours = WEAR if patterned else LEATHERS
    return Recipe(kind, category, names, type, price, FASHION, colours, attributes, patterned,
                  several=0.3, count=count)  # fmt: skip


def _tech(
    kind: str, category: str, names: tuple[str, ...], type: str, price: tuple[float, float],
    attributes: Mapping[str, tuple[str, ...]], *, several: float = 0.2, count: int = 8,
    colours: tuple[str, ...] = GADGETS,
) -> Recipe:  # fmt: skip
    return Recipe(kind, category, names, type, price, TECH, colours, attributes,
                  several=several, count=count)  # fmt: skip


def _home(
    kind: str, category: str, names: tuple[str, ...], type: str, price: tuple[float, float],
    materials: tuple[str, ...], *, colours: tuple[str, ...] = DECOR, patterned: bool = False,
    several: float = 0.4, count: int = 8,
) -> Recipe:  # fmt: skip
    styles = ("Modern", "Scandinavian", "Vintage", "Rustic", "Mid-century")
    attributes = {"Material": materials, "Style": styles}
    return Recipe(kind, category, names, type, price, HOME, colours, attributes, patterned,
                  several=several, count=count)  # fmt: skip


def _leisure(
    kind: str, category: str, names: tuple[str, ...], type: str, price: tuple[float, float],
    brands: tuple[str, ...], attributes: Mapping[str, tuple[str, ...]], *,
    colours: tuple[str, ...] = BRIGHT, patterned: bool = False, several: float = 0.35,
    count: int = 8,
) -> Recipe:  # fmt: skip
    return Recipe(kind, category, names, type, price, brands, colours, attributes, patterned,
                  several=several, count=count)  # fmt: skip


WOODS = ("Oak", "Pine", "Wood", "Metal")

RECIPES: tuple[Recipe, ...] = (
    # Fashion
    _wear("t_shirt", "men-tshirts", ("T-shirt", "Tee", "Tshirt"), "T-shirt", (8, 30), count=12),
    _wear("t_shirt", "women-tops", ("T-shirt", "Top", "Tee"), "T-shirt", (8, 28), count=8),
    _wear("hoodie", "men-hoodies", ("Hoodie", "Hooded sweatshirt"), "Hoodie", (18, 60)),
    _wear("shirt", "men-shirts", ("Shirt", "Button-up shirt"), "Casual shirt", (12, 48),
          ("Cotton", "Linen")),
    _wear("jacket", "men-coats", ("Jacket", "Bomber jacket"), "Bomber", (35, 140),
          ("Polyester", "Nylon", "Leather"), patterned=False),
    _wear("dress", "women-dresses", ("Dress", "Summer dress"), "Skater dress", (15, 80),
          ("Cotton", "Viscose", "Silk"), count=14),
    _wear("skirt", "women-skirts", ("Skirt", "Midi skirt"), "Midi skirt", (12, 45),
          ("Cotton", "Wool", "Polyester")),
    Recipe("jeans", "men-jeans", ("Jeans", "Denim jeans"), "Jeans", (15, 70), FASHION,
           ("Blue", "Navy", "Black", "Grey", "Light blue"),
           {"Material": ("Denim",), "Size": ("W30", "W32", "W34", "W36"),
            "Fit": ("Slim", "Regular", "Relaxed")}, count=10),
    _wear("sweater", "women-knitwear", ("Jumper", "Sweater", "Pullover"), "Jumper", (18, 75),
          ("Wool", "Merino wool", "Acrylic")),
    _wear("cap", "hats", ("Cap", "Baseball cap"), "Baseball cap", (8, 28), ("Cotton",)),
    _wear("beanie", "hats", ("Beanie", "Bobble hat"), "Beanie", (8, 26), ("Wool", "Acrylic")),
    _shoes("sneaker", "trainers", "Trainers", "High top", (25, 120), 14),
    _shoes("boot", "boots", "Boots", "Lace-up boots", (40, 160)),
    _shoes("heels", "heels", "Heels", "Court shoes", (20, 110)),
    _carried("handbag", "handbags", ("Handbag", "Bag"), "Top handle", (25, 180),
             ("Leather", "Faux leather"), count=12),
    _carried("tote", "handbags", ("Tote bag", "Shopper"), "Tote", (10, 60), ("Canvas", "Cotton"),
             patterned=True),
    _carried("backpack", "backpacks", ("Backpack", "Rucksack"), "Casual backpack", (20, 95),
             ("Nylon", "Canvas", "Polyester"), patterned=True, count=12),
    _carried("suitcase", "luggage", ("Suitcase", "Trolley case"), "Suitcase", (35, 160),
             ("Synthetic", "Nylon"), count=6),
    Recipe("belt", "belts", ("Belt", "Leather belt"), "Casual belt", (10, 50), FASHION, LEATHERS,
           {"Material": ("Leather", "Faux leather"), "Size": LETTERS}, several=0.2, count=6),
    Recipe("sunglasses", "eyewear", ("Sunglasses", "Shades"), "Sunglasses", (12, 120), FASHION,
           (*LEATHERS, "White"), {"Frame Shape": ("Wayfarer", "Square", "Oversized"),
                                  "Department": ("Women", "Men", "Unisex")}, count=10),
    Recipe("watch", "watches", ("Watch", "Wristwatch"), "Wristwatch", (30, 260),
           ("Corvello", "Fenrye", "Meridian Co"), LEATHERS,
           {"Strap Material": ("Leather",), "Movement": ("Quartz", "Automatic"),
            "Department": ("Women", "Men")}, count=12),
    Recipe("necklace", "necklaces", ("Necklace", "Pendant necklace"), "Pendant", (15, 160),
           FASHION, METALS, {"Metal": ("Sterling silver", "Gold plated")}, count=8),
    Recipe("ring", "rings", ("Ring", "Engagement ring"), "Engagement ring", (25, 400), FASHION,
           METALS, {"Metal": ("Sterling silver", "White gold", "Gold")}, count=6),
    Recipe("bodysuit", "baby-clothes", ("Bodysuit", "Baby vest"), "Bodysuit", (4, 18), PLAY,
           (*BRIGHT, "White"), {"Material": ("Cotton", "Organic cotton"),
                                "Size": ("0-3 months", "3-6 months", "6-12 months")},
           True, several=0.3, count=8),
    Recipe("perfume", "perfume", ("Perfume", "Eau de parfum"), "Eau de parfum", (18, 90),
           ("Corvello", "Tamsin Grey", "Aldercroft"), ("Pink", "Yellow", "Purple", "Light blue"),
           {"Scent": ("Floral", "Woody", "Citrus"), "Volume": ("50 ml", "100 ml")},
           several=0.4, count=6),
    # Electronics
    Recipe("phone", "mobile-phones", ("Smartphone", "Phone"), "Smartphone", (120, 700), (),
           ("Black", "White", "Blue", "Pink", "Green", "Purple", "Red"),
           {"Storage Capacity": ("64 GB", "128 GB", "256 GB"), "Network": ("Unlocked",)},
           phones="Model", several=0.35, count=30),
    Recipe("phone_case", "phone-cases", ("Case", "Phone case", "Cover"), "Back cover", (5, 30),
           TECH, (*BRIGHT, "Black", "Navy"), {"Material": ("Silicone", "TPU", "Leather")}, True,
           phones="Compatible Model", several=0.7, count=32),
    Recipe("screen_protector", "screen-protectors", ("Screen protector", "Tempered glass"),
           "Screen protector", (4, 18), TECH, ("White",), {"Material": ("Tempered glass",),
                                                          "Hardness": ("9H",)},
           phones="Compatible Model", several=0.9, count=14),
    _tech("charger", "chargers", ("Charger", "Wall charger"), "Wall charger", (8, 40),
          {"Connector": ("USB-C", "Lightning"), "Power": ("20 W", "30 W")}, several=0.7, count=8),
    _tech("cable", "chargers", ("Cable", "Charging cable"), "Cable", (4, 22),
          {"Connector": ("USB-C", "Lightning", "Micro-USB"), "Cable Length": ("1 m", "2 m")},
          several=0.8),
    _tech("headphones", "headphones", ("Headphones", "Over-ear headphones"), "Headphones",
          (25, 240), {"Connectivity": ("Bluetooth", "Wired")}, count=12),
    _tech("earbuds", "headphones", ("Earbuds", "Wireless earbuds"), "Earbuds", (20, 160),
          {"Connectivity": ("Bluetooth",)}),
    _tech("laptop", "laptops", ("Laptop", "Notebook"), "Laptop", (220, 1200),
          {"Laptop Size": LAPTOP_SIZES, "Memory": ("8 GB", "16 GB"),
           "Storage Capacity": ("256 GB", "512 GB")}, several=0.35, count=14),
    _tech("laptop_sleeve", "laptop-sleeves", ("Laptop sleeve", "Laptop case"), "Sleeve", (12, 45),
          {"Compatible Laptop Size": LAPTOP_SIZES, "Material": ("Fabric", "Leather")},
          several=0.6, count=10, colours=WEAR),
    _tech("tablet", "tablets", ("Tablet", "10 inch tablet"), "Tablet", (90, 480),
          {"Storage Capacity": ("64 GB", "128 GB")}, several=0.05),
    _tech("camera", "cameras", ("Camera", "Mirrorless camera"), "Mirrorless", (150, 900),
          {"Lens Mount": MOUNTS, "Camera Resolution": ("20 MP", "24 MP")}, several=0.4, count=10,
          colours=("Black", "Silver", "Brown", "Red")),
    _tech("lens", "lenses", ("Lens", "50mm lens"), "Prime", (80, 520),
          {"Compatible Mount": MOUNTS, "Focal Length": ("50 mm",)}, several=0.4, count=10,
          colours=("Black", "White", "Grey")),
    _tech("game_controller", "controllers", ("Controller", "Gamepad"), "Gamepad", (18, 70),
          {"Compatible Platform": PLATFORMS, "Connectivity": ("Wireless", "Wired")},
          colours=(*BRIGHT, "Black", "White"), count=10),
    _tech("speaker", "speakers", ("Speaker", "Bookshelf speaker"), "Bookshelf speakers", (40, 300),
          {"Connectivity": ("Bluetooth", "Wired")}, several=0.05),
    _tech("keyboard", "keyboards-mice", ("Keyboard", "Mechanical keyboard"), "Mechanical keyboard",
          (20, 130), {"Connectivity": ("USB-C", "Wireless")}),
    _tech("mouse", "keyboards-mice", ("Mouse", "Wireless mouse"), "Mouse", (8, 60),
          {"Connectivity": ("Wireless", "USB-A")}, several=0.4),
    _tech("router", "routers", ("Router", "WiFi router"), "Router", (25, 160), {}, count=6),
    _tech("printer", "printers", ("Printer", "All-in-one printer"), "All-in-one", (40, 220),
          {"Print Technology": ("Inkjet", "Laser")}, several=0.0, count=6),
    _tech("monitor", "monitors", ("Monitor", "24 inch monitor"), "Office monitor", (70, 320),
          {"Connector": ("HDMI", "DisplayPort"), "Screen Size": ("24 in", "27 in")}, several=0.05),
    _tech("memory_module", "computer-memory", ("RAM", "Memory module"), "Desktop memory", (15, 90),
          {"Memory": ("8 GB", "16 GB"), "Form Factor": ("DIMM",)}, colours=("Green",), count=6),
    _tech("drive", "drives", ("SSD", "External SSD"), "SSD", (30, 160),
          {"Storage Capacity": ("1 TB",), "Interface": ("USB-C",)}, count=6),
    # Home
    _home("lamp", "lighting", ("Table lamp", "Lamp"), "Table lamp", (15, 110),
          ("Ceramic", "Metal"), patterned=True, count=12),
    _home("pendant_lamp", "lighting", ("Pendant lamp", "Hanging lamp"), "Pendant lamp", (20, 140),
          ("Metal", "Glass")),
    _home("chair", "chairs", ("Dining chair", "Chair"), "Dining chair", (25, 160), WOODS,
          colours=FURNITURE, count=12),
    _home("armchair", "sofas", ("Armchair", "Reading chair"), "Armchair", (90, 480), ("Fabric",
          "Velvet", "Leather"), patterned=True, several=0.25),
    _home("sofa", "sofas", ("Sofa", "Two-seater sofa"), "Sofa", (180, 900), ("Fabric", "Velvet",
          "Leather"), several=0.25),
    _home("table", "tables", ("Dining table", "Table"), "Dining table", (60, 420), WOODS,
          colours=FURNITURE, several=0.25, count=10),
    _home("bookshelf", "storage-furniture", ("Bookcase", "Bookshelf"), "Bookcase", (40, 240),
          WOODS, colours=FURNITURE, several=0.0, count=6),
    _home("mug", "mugs", ("Mug", "Coffee mug"), "Mug", (5, 22), ("Ceramic", "Porcelain"),
          patterned=True, several=0.6, count=14),
    _home("teapot", "tableware", ("Teapot", "Ceramic teapot"), "Teapot", (14, 70),
          ("Ceramic", "Porcelain"), patterned=True),
    _home("pan", "cookware", ("Frying pan", "Skillet"), "Frying pan", (12, 70),
          ("Aluminium", "Iron"), colours=("Red", "Grey", "Blue", "Green", "Orange")),
    _home("cushion", "cushions", ("Cushion", "Throw pillow"), "Filled cushion", (8, 38),
          ("Cotton", "Velvet", "Linen"), patterned=True, several=0.5, count=14),
    _home("vase", "candles", ("Vase", "Flower vase"), "Vase", (10, 60), ("Ceramic", "Glass"),
          patterned=True),
    _home("clock", "wall-art", ("Wall clock", "Clock"), "Wall clock", (12, 80),
          ("Metal", "Plastic", "Wood"), count=6),
    _home("rug", "rugs", ("Rug", "Area rug"), "Area rug", (40, 320), ("Wool", "Cotton", "Jute"),
          several=0.0),
    _home("blanket", "duvets", ("Blanket", "Throw"), "Throw", (15, 85), ("Wool", "Cotton"),
          patterned=True),
    _home("plant_pot", "plants", ("Plant in pot", "Potted plant"), "Artificial plant", (9, 45),
          ("Ceramic", "Plastic"), patterned=True, count=6),
    _home("candle", "candles", ("Scented candle", "Candle"), "Scented candle", (7, 36),
          ("Wax", "Glass"), several=0.6),
    _home("frame", "wall-art", ("Picture frame", "Framed print"), "Picture frame", (8, 48),
          ("Wood", "Metal"), colours=FURNITURE, count=6),
    # Leisure
    _leisure("book", "printed-books", ("Novel", "Book", "Hardback"), "Novel", (4, 24),
             ("Harrow Press", "Blue Lantern", "Inkwell House"),
             {"Format": ("Hardback",), "Language": ("English",)}, count=12),
    _leisure("guitar", "guitars", ("Acoustic guitar", "Guitar"), "Acoustic guitar", (70, 480),
             ("Corrino", "Walden Strings"), {"Strings": ("6",), "Handedness": ("Right-handed",)},
             colours=("Brown", "Tan", "Burgundy", "Black", "Blue")),
    _leisure("electric_guitar", "guitars", ("Electric guitar", "E-guitar"), "Electric guitar",
             (110, 700), ("Corrino", "Voltera"), {"Strings": ("6",)},
             colours=("Red", "Black", "White", "Turquoise", "Burgundy")),
    _leisure("digital_piano", "keyboards", ("Keyboard", "Digital piano"), "Digital piano",
             (90, 520), ("Corrino", "Tonwerk"), {"Keys": ("61", "88")},
             colours=("Black", "White", "Red", "Brown"), count=6),
    _leisure("teddy", "soft-toys", ("Teddy bear", "Teddy", "Soft toy"), "Soft toy", (8, 40), PLAY,
             {"Animal": ("Bear",), "Material": ("Plush",)},
             colours=("Brown", "Tan", "Cream", "Grey", "Pink", "White"), count=10),
    _leisure("toy_car", "toy-vehicles", ("Toy car", "Model car"), "Toy car", (4, 28), PLAY,
             {"Material": ("Metal", "Plastic", "Wood")}, count=10),
    _leisure("building_blocks", "building-toys", ("Building blocks", "Bricks"), "Building set",
             (10, 60), PLAY, {"Material": ("Plastic", "Wood")}, several=0.3, count=6),
    _leisure("board_game", "games", ("Board game", "Family game"), "Board game", (8, 45), PLAY,
             {"Language": ("English",), "Age Group": ("8-11 years",)}),
    _leisure("football", "team-sports", ("Football", "Soccer ball"), "Ball", (8, 45), SPORT,
             {"Sport": ("Football",), "Size": ("5", "4")}, several=0.3),
    _leisure("basketball", "team-sports", ("Basketball", "Ball"), "Ball", (8, 50), SPORT,
             {"Sport": ("Basketball",), "Size": ("7", "6")},
             colours=("Orange", "Brown", "Navy"), several=0.3),
    _leisure("bicycle", "bicycles", ("Bicycle", "City bike", "Bike"), "City bike", (80, 620),
             SPORT, {"Frame Size": ("S", "M", "L"), "Wheel Size": ("26 in", "28 in")}, count=12),
    _leisure("dumbbell", "fitness", ("Dumbbells", "Dumbbell 10 kg"), "Dumbbells", (15, 70), SPORT,
             {"Material": ("Steel", "Rubber")}, colours=("Black", "Grey", "Red", "Blue")),
    _leisure("tent", "camping", ("Tent", "Camping tent"), "Tent", (40, 260), SPORT,
             {"Sleeps": ("2 persons", "4 persons")}, colours=("Green", "Orange", "Blue", "Khaki")),
    _leisure("racket", "racket-sports", ("Tennis racket", "Racket"), "Tennis racket", (20, 160),
             SPORT, {"Sport": ("Tennis",)}, count=6),
    _leisure("skateboard", "skating", ("Skateboard", "Complete skateboard"), "Skateboard",
             (20, 110), SPORT, {}, patterned=True, count=6),
    _leisure("baby_bottle", "feeding", ("Baby bottle", "Feeding bottle"), "Baby bottle", (4, 18),
             PLAY, {"Capacity": ("240 ml",)}, several=0.6),
    _leisure("pushchair", "prams", ("Pushchair", "Pram", "Stroller"), "Pram", (60, 380), PLAY,
             {"Age": ("Newborn", "0-6 months")}, patterned=True),
)  # fmt: skip
