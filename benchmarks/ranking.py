"""Multi-relevance ranking against binary labels and plain baselines, and what re-ranking costs.

    python benchmarks/ranking.py [--quick] [--json OUT] [--data FOLDER] [--plot FILE]
                                 [--only market|taobao|frontier|position]

1. Market: a simulated month of similar strips whose truth is known (_ranking_market.py). Learnt
   from two weeks, chosen on four days, judged on the last five, in several markets that differ in
   people, things and chance. Weights are tuned in the first market and used in all.
2. Taobao: sessions of the public log (_ranking_taobao.py).
3. Frontier: revenue against relevance over ad weights, and the price of each rule of re-ranking
   (_ranking_frontier.py).
4. Position: ways to keep the place out of the score (_ranking_position.py).

Baselines in the same run, on the same strips and candidates: binary purchase labels (each figure
stands beside its paired difference to these, 95 % bootstrap over strips), click and purchase,
multi-relevance without weights and with the seed's; popularity, embeddings, BPR, a pointwise
classifier.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "listing_assistant.settings")

DATA = ROOT.parent / "shared" / "data"
PARTS = ("market", "taobao", "frontier", "position")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one small market, few trials")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with text/taobao…")
    parser.add_argument("--plot", type=Path, help="write the frontier there, as SVG")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    arguments = parser.parse_args()
    import django

    django.setup()
    figures: dict[str, Any] = {"machine": platform.platform(), "quick": arguments.quick}
    for name, part in _parts(arguments).items():
        if arguments.only in (None, name):
            started = time.perf_counter()
            figures[name] = part()
            print(f"({time.perf_counter() - started:.0f} s)")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def _parts(arguments: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    from _ranking_compared import print_market
    from _ranking_frontier import print_frontier
    from _ranking_position import print_position
    from _ranking_taobao import print_taobao

    quick = arguments.quick
    return {
        "market": lambda: print_market(quick),
        "taobao": lambda: print_taobao(arguments.data, quick),
        "frontier": lambda: print_frontier(quick, arguments.plot),
        "position": lambda: print_position(quick),
    }


if __name__ == "__main__":
    main()
