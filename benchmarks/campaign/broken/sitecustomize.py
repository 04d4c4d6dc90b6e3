"""Python imports this at its start, in whoever has this folder on PYTHONPATH: replicas of the campaign."""

import os
import sys
import traceback

try:
    if os.environ.get("CAMPAIGN_CRASH") and sys.argv[0].endswith("coe"):
        from benchmarks.campaign.broken import crashing

        crashing.arm(os.environ["CAMPAIGN_CRASH"])
    if os.environ.get("CAMPAIGN_CLOCK") and sys.argv[0].endswith("coe"):
        from benchmarks.campaign.broken import skewing

        skewing.arm(os.environ["CAMPAIGN_CLOCK"])
    if os.environ.get("CAMPAIGN_BUG") and sys.argv[0].endswith("coe"):
        from benchmarks.campaign.broken import bugs

        bugs.plant(os.environ["CAMPAIGN_BUG"])
except BaseException:  # noqa: BLE001 - whatever it is
    traceback.print_exc()
    os._exit(3)  # Python itself would go on without, and a campaign would show nothing
