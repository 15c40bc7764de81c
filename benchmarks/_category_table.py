"""Where the catalogue's leaves belong in two taxonomies that no model was trained on.

Written by hand for the benchmark alone. A leaf of the catalogue may belong to several places, for
it does not say for whom a shirt is. A place is a path or the beginning of one; none means that the
taxonomy has no such place. Leaves without a clear place, such as gift sets, are left out.
"""

from __future__ import annotations

_CLOTHING = "Apparel & Accessories > Clothing"
_WORN = "Apparel & Accessories > Clothing Accessories"
_SHOES = "Apparel & Accessories > Shoes"
_CASES = "Apparel & Accessories > Handbags, Wallets & Cases"
_HOME = "Home & Garden"
_CARE = "Health & Beauty > Personal Care"
_WATCHES = "Apparel & Accessories > Jewelry > Watches"
_KIDS = "Fashion > Kids > Kids' "

_TOPS = (f"{_CLOTHING} > Clothing Tops", f"{_CLOTHING} > Activewear > Activewear Tops")
_PANTS = (f"{_CLOTHING} > Pants", f"{_CLOTHING} > Activewear > Activewear Pants")
_SWEAT = (
    f"{_CLOTHING} > Clothing Tops > Hoodies",
    f"{_CLOTHING} > Clothing Tops > Sweatshirts",
    f"{_CLOTHING} > Activewear > Activewear Sweatshirts & Hoodies",
)
_COATS = (f"{_CLOTHING} > Outerwear", f"{_CLOTHING} > Activewear > Activewear Vests & Jackets")
_UPPER = ("Fashion > Women > Tops and T-shirts", "Fashion > Men > T-shirts and Polos")
_LOWER = (
    "Fashion > Women > Trousers and Leggings",
    "Fashion > Men > Trousers and Shorts",
    f"{_KIDS}Trousers and Skirts",
)
_SHORT = ("Fashion > Women > Skirts and Shorts", "Fashion > Men > Trousers and Shorts")
_TRAINERS = ("Fashion > Shoes > Trainers", "Sport and Outdoors > Sport Footwear")
_SOCKS = ("Fashion > Men > Underwear and Socks", "Fashion > Women > Lingerie and Nightwear")

# last name of the catalogue's leaf -> places in the starter taxonomy, places in Shopify's
PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Backpacks": (("Fashion > Bags > Backpacks",), ("Luggage & Bags > Backpacks",)),
    "Belts": (("Fashion > Accessories > Belts",), (f"{_WORN} > Belts",)),
    "Blankets, Quilts & Dohars": (
        ("Home and Garden > Bedding and Bath",),
        (f"{_HOME} > Linens & Bedding > Bedding",),
    ),
    "Caps": (("Fashion > Accessories > Hats and Caps",), (f"{_WORN} > Hats",)),
    "Casual Shoes": (
        (*_TRAINERS, "Fashion > Shoes > Flats and Loafers"),
        (f"{_SHOES} > Sneakers", f"{_SHOES} > Flats", f"{_SHOES} > Athletic Shoes"),
    ),
    "Clutches": (("Fashion > Bags > Handbags",), (f"{_CASES} > Handbags",)),
    "Combos": (("Beauty and Health > Perfume and Deodorant",), (_CARE,)),
    "Cufflinks": (("Fashion > Accessories > Ties and Cufflinks",), (f"{_WORN} > Cufflinks",)),
    "Curtains": (
        ("Home and Garden > Decor > Curtains and Blinds",),
        (f"{_HOME} > Decor > Window Treatments > Curtains & Drapes",),
    ),
    "Cushion Covers": (
        ("Home and Garden > Decor > Cushions",),
        (
            f"{_HOME} > Decor > Throw Pillows",
            f"{_HOME} > Decor > Chair & Sofa Cushion Covers",
            f"{_HOME} > Decor > Chair & Sofa Cushions",
        ),
    ),
    "Deodorant": (
        ("Beauty and Health > Perfume and Deodorant",),
        (f"{_CARE} > Deodorants & Anti-Perspirant", f"{_CARE} > Cosmetics > Perfumes & Colognes"),
    ),
    "Dresses": (
        ("Fashion > Women > Dresses", f"{_KIDS}Dresses"),
        (f"{_CLOTHING} > Dresses", f"{_CLOTHING} > Baby & Toddler Clothing"),
    ),
    "Dresses & Skirts": (
        (f"{_KIDS}Dresses", "Baby > Baby Clothing"),
        (f"{_CLOTHING} > Baby & Toddler Clothing > Baby & Toddler Dresses",),
    ),
    "Duffel Bag": (("Fashion > Bags > Luggage and Travel",), ("Luggage & Bags > Duffel Bags",)),
    "Flats": (("Fashion > Shoes > Flats and Loafers",), (f"{_SHOES} > Flats",)),
    "Flip Flops": (
        ("Fashion > Shoes > Sandals and Slippers",),
        (f"{_SHOES} > Sandals", f"{_SHOES} > Slippers"),
    ),
    "Formal Shoes": (("Fashion > Shoes > Flats and Loafers",), (f"{_SHOES} > Flats",)),
    "Handbags": (("Fashion > Bags > Handbags",), (f"{_CASES} > Handbags",)),
    "Heels": (("Fashion > Shoes > Heels",), (f"{_SHOES} > Heels",)),
    "Hoodies & Sweatshirts": (
        ("Fashion > Women > Hoodies and Sweatshirts", "Fashion > Men > Hoodies and Sweatshirts"),
        _SWEAT,
    ),
    "Jackets": (
        ("Fashion > Women > Coats and Jackets", "Fashion > Men > Coats and Jackets"),
        _COATS,
    ),
    "Jeans": (("Fashion > Women > Jeans", "Fashion > Men > Jeans"), (f"{_CLOTHING} > Pants",)),
    "Kurtas": ((*_UPPER, "Fashion > Men > Shirts"), (f"{_CLOTHING} > Clothing Tops",)),
    "Kurtis": (_UPPER[:1], (f"{_CLOTHING} > Clothing Tops",)),
    "Lapguard Batteries": (
        (),
        ("Electronics > Electronics Accessories > Power > Batteries > Laptop Batteries",),
    ),
    "Laptop Bag": (
        ("Electronics > Computers > Laptop Sleeves and Bags",),
        ("Luggage & Bags > Laptop Bags",),
    ),
    "Leggings": (_LOWER, _PANTS),
    "Mobile Pouch": (
        ("Electronics > Phones and Accessories > Phone Cases",),
        ("Electronics > Communications > Telephony > Mobile & Smart Phone Accessories",),
    ),
    "Mufflers": (("Fashion > Accessories > Scarves and Gloves",), (f"{_WORN} > Scarves & Shawls",)),
    "Pants": (_LOWER, _PANTS),
    "Perfume and Body Mist": (
        ("Beauty and Health > Perfume and Deodorant",),
        (f"{_CARE} > Cosmetics > Perfumes & Colognes",),
    ),
    "Pizza Cutters": (
        ("Home and Garden > Kitchen and Dining > Kitchen Tools and Storage",),
        (f"{_HOME} > Kitchen & Dining > Kitchen Tools & Utensils > Pizza Cutter",),
    ),
    "Printland Coffee Mugs": (
        ("Home and Garden > Kitchen and Dining > Mugs and Glasses",),
        (f"{_HOME} > Kitchen & Dining > Tableware > Drinkware > Mugs",),
    ),
    "Prithish Coffee Mugs": (
        ("Home and Garden > Kitchen and Dining > Mugs and Glasses",),
        (f"{_HOME} > Kitchen & Dining > Tableware > Drinkware > Mugs",),
    ),
    "Religious Idols": (
        ("Home and Garden > Decor > Ornaments and Figurines",),
        (f"{_HOME} > Decor > Figurines", "Religious & Ceremonial"),
    ),
    "Rockmantra Coffee Mugs": (
        ("Home and Garden > Kitchen and Dining > Mugs and Glasses",),
        (f"{_HOME} > Kitchen & Dining > Tableware > Drinkware > Mugs",),
    ),
    "Sandals": (("Fashion > Shoes > Sandals and Slippers",), (f"{_SHOES} > Sandals",)),
    "Scarves": (("Fashion > Accessories > Scarves and Gloves",), (f"{_WORN} > Scarves & Shawls",)),
    "Shirts": (
        ("Fashion > Men > Shirts", "Fashion > Women > Tops and T-shirts", f"{_KIDS}Tops"),
        (f"{_CLOTHING} > Clothing Tops",),
    ),
    "Shorts": ((*_SHORT, f"{_KIDS}Trousers and Skirts"), (f"{_CLOTHING} > Shorts",)),
    "Skirts": (
        ("Fashion > Women > Skirts and Shorts", f"{_KIDS}Trousers and Skirts"),
        (f"{_CLOTHING} > Skirts",),
    ),
    "Socks": (_SOCKS, (f"{_CLOTHING} > Socks",)),
    "Sonata Wrist Watches": (("Fashion > Watches",), (_WATCHES,)),
    "Sports Shoes": (_TRAINERS, (f"{_SHOES} > Athletic Shoes", f"{_SHOES} > Sneakers")),
    "Stockings": (
        ("Fashion > Women > Lingerie and Nightwear",),
        (f"{_CLOTHING} > Lingerie > Hosiery",),
    ),
    "Sunglasses": (
        ("Fashion > Accessories > Sunglasses and Eyewear",),
        (f"{_WORN} > Sunglasses",),
    ),
    "Sweaters": (
        (
            "Fashion > Women > Jumpers and Cardigans",
            "Fashion > Men > Jumpers and Cardigans",
            f"{_KIDS}Tops",
        ),
        (f"{_CLOTHING} > Clothing Tops > Sweaters", f"{_CLOTHING} > Clothing Tops > Cardigans"),
    ),
    "Sweatshirts": (
        (
            "Fashion > Women > Hoodies and Sweatshirts",
            "Fashion > Men > Hoodies and Sweatshirts",
            f"{_KIDS}Tops",
        ),
        _SWEAT,
    ),
    "Tanks": (_UPPER, _TOPS),
    "Tees": (_UPPER, _TOPS),
    "Ties": (("Fashion > Accessories > Ties and Cufflinks",), (f"{_WORN} > Neckties",)),
    "Tops": (
        ("Fashion > Women > Tops and T-shirts", f"{_KIDS}Tops"),
        (*_TOPS, f"{_CLOTHING} > Activewear > Sports Bras"),
    ),
    "Towels": (
        ("Home and Garden > Bedding and Bath > Towels and Bath Mats",),
        (f"{_HOME} > Linens & Bedding > Towels",),
    ),
    "Track Pants": (_LOWER, _PANTS),
    "Trousers": (_LOWER, _PANTS),
    "Tshirts": ((*_UPPER, f"{_KIDS}Tops"), _TOPS),
    "Tunics": (_UPPER[:1], _TOPS),
    "Wallets": (("Fashion > Bags > Wallets and Purses",), (f"{_CASES} > Wallets & Money Clips",)),
    "Watches": (("Fashion > Watches",), (_WATCHES,)),
    "Woks & Kadhais": (
        ("Home and Garden > Kitchen and Dining > Cookware",),
        (f"{_HOME} > Kitchen & Dining > Cookware & Bakeware > Cookware",),
    ),
}
