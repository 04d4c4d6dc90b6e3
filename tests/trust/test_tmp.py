import os
from functools import partial
from .test_stateful import run
def test_deep(sides, capsys):
    kinds = os.environ.get("KINDS","sqlite").split(",")
    tally = run(partial(sides, kinds))
    with capsys.disabled():
        print()
        for key, n in sorted(tally.items(), key=str):
            print(f"{n:6} {' '.join(str(one) for one in key if one is not None)}")
