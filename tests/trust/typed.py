"""How several policies combine, and what a narrower one may say (domain.md 5)."""


def combined(versions):
    """The tightest of every rule."""
    found = {}
    for one in versions:
        for name, value in one.rules.items():
            found[name] = tighter(name, found[name], value) if name in found else value
    return found


def tighter(name, a, b):
    if name == "max_grant_days":
        return min(a, b)
    if name in ("employment_types", "posting_hours"):
        return a & b
    if name == "required_training":
        days = {course: [one[course] for one in (a, b) if course in one] for course in {*a, *b}}
        return {course: min((n for n in said if n is not None), default=None) for course, said in days.items()}
    if name == "min_approvals":
        return {tier: max(a.get(tier, 0), b.get(tier, 0)) for tier in {*a, *b}}
    return a or b


def widens(name, floor, value):
    """Would the narrower policy's value let through what the enterprise's does not? What it leaves out it does not rule."""
    if name in ("required_training", "min_approvals"):
        both = tighter(name, floor, value)
        return any(both[part] != held for part, held in value.items())
    return tighter(name, floor, value) != value
