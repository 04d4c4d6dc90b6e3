"""Alder Group, a made-up maker of garden and home tools: its units, its people, and who holds which role."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.directory.rules import ROOT_KEY, EmploymentType, Function, slug
from app.roles.rules import Role

DOMAIN = "demo.example"


@dataclass(frozen=True, slots=True)
class Unit:
    """A business unit; ``city`` is where its people sit."""

    key: str
    name: str
    parent: str
    function: Function
    region: str
    timezone: str
    city: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the company. ``key`` is the user name; ``manager`` another's key."""

    key: str
    number: str
    name: str
    title: str
    unit: str
    manager: str | None
    employment: EmploymentType

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Seat:
    """A role somebody holds, over a unit, a network or (neither) everything."""

    person: str
    role: Role
    unit: str | None = None
    network: str | None = None
    deputy: str | None = None


F = Function
UNITS = (
    Unit("communications", "Communications", ROOT_KEY, F.COMMUNICATIONS, "global", "Europe/Amsterdam", "Utrecht"),
    Unit("marketing", "Marketing", ROOT_KEY, F.MARKETING, "global", "Europe/Amsterdam", "Utrecht"),
    Unit("people", "People", ROOT_KEY, F.HUMAN_RESOURCES, "global", "Europe/Amsterdam", "Utrecht"),
    Unit("customer-care", "Customer Care", ROOT_KEY, F.CUSTOMER_SUPPORT, "global", "Europe/Dublin", "Dublin"),
    Unit("supply-chain", "Supply Chain", ROOT_KEY, F.SUPPLY_CHAIN, "global", "Europe/Amsterdam", "Rotterdam"),
    Unit("product", "Product", ROOT_KEY, F.PRODUCT, "global", "Europe/Stockholm", "Gothenburg"),
    Unit("europe", "Europe", ROOT_KEY, F.SALES, "europe", "Europe/Brussels", "Antwerp"),
    Unit("nordics", "Nordics", "europe", F.SALES, "nordics", "Europe/Stockholm", "Malmo"),
    Unit("dach", "DACH", "europe", F.SALES, "dach", "Europe/Berlin", "Cologne"),
    Unit("benelux", "Benelux", "europe", F.SALES, "benelux", "Europe/Brussels", "Antwerp"),
    Unit("iberia", "Iberia", "europe", F.SALES, "iberia", "Europe/Madrid", "Valencia"),
    Unit("uk-ireland", "UK and Ireland", "europe", F.SALES, "uk-ireland", "Europe/London", "Leeds"),
    Unit("north-america", "North America", ROOT_KEY, F.SALES, "north-america", "America/Chicago", "Milwaukee"),
    Unit("latin-america", "Latin America", ROOT_KEY, F.SALES, "latin-america", "America/Sao_Paulo", "Curitiba"),
    Unit("apac", "Asia Pacific", ROOT_KEY, F.SALES, "apac", "Asia/Singapore", "Singapore"),
    Unit("pop-up-stores", "Pop-up Stores", "marketing", F.MARKETING, "global", "Europe/Amsterdam", "Utrecht"),
)
"""Parents before children; the root is there already. Nobody works in the pop-up stores any more."""

REGIONS = ("nordics", "dach", "benelux", "iberia", "uk-ireland", "north-america", "latin-america", "apac")

_STAFF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ROOT_KEY: (
            "Beatrix van Loon, Chief executive officer",
            "Anton Keller, Chief financial officer",
            "Helena Brandt, Head of internal audit",
        ),
        "communications": (
            "Thomas Vermeer, Chief communications officer",
            "Marit Verhoeven, Director of the Social Media Center of Excellence",
            "Daniel Okafor, Content strategist",
            "Priya Raman, Group community manager",
            "Jonas Petit, Community editor",
            "Claire Moreau, Head of press",
            "Felix Arnold, Press officer",
            "Naomi Clarke, Video producer",
            "Ilse de Wit, Designer, agency",
        ),
        "marketing": (
            "Laura Bianchi, Chief marketing officer",
            "Camille Durand, Campaign manager",
            "Yuki Tanaka, Social media analyst",
            "Ravi Menon, Marketing technology engineer",
            "Hana Novak, Community manager for TikTok",
            "Pieter Claes, Brand manager",
            "Zoe Hart, Copywriter, agency",
        ),
        "people": (
            "Ruth Adeyemi, Chief people officer",
            "Lukas Weber, HR systems lead",
            "Emma Sorensen, Employer brand lead",
            "Victor Lindgren, Recruiter",
        ),
        "customer-care": (
            "Paulo Mendes, Head of customer care",
            "Grace Kim, Care team lead",
            "Samuel Ortiz, Care adviser",
            "Lena Vogel, Care adviser",
            "Aoife Byrne, Care adviser",
            "Tariq Haddad, Care adviser, contractor",
        ),
        "supply-chain": (
            "Greta Olsson, Head of supply chain",
            "Marco Ferri, Supplier relations manager",
            "Nadia Petrova, Logistics planner",
        ),
        "product": (
            "Henrik Dahl, Chief product officer",
            "Amelia Stone, Product manager for garden tools",
            "Kenji Mori, Industrial designer",
            "Sara Lopez, Product manager for home tools",
        ),
        "europe": ("Frederik Jansen, President of Europe",),
        "nordics": (
            "Katrine Holm, Managing director",
            "Astrid Lund, Social media lead",
            "Mikael Virtanen, Marketing manager",
            "Elin Sandberg, Content editor",
            "Oskar Nyberg, Photographer, contractor",
            "Freja Nielsen, Community editor",
            "Lars Berg, Trade marketing manager",
            "Sanna Makinen, Content editor",
        ),
        "dach": (
            "Stefan Huber, Managing director",
            "Julia Bauer, Social media lead",
            "Markus Frei, Content editor",
            "Nina Hofmann, Community editor",
            "Tobias Graf, Trade marketing manager",
            "Lea Steiner, Recruiter",
        ),
        "benelux": (
            "Willem Peeters, Managing director",
            "Sanne Bakker, Social media lead",
            "Joris Maes, Content editor",
            "Lotte Jacobs, Community editor",
            "Bram Visser, Trade marketing manager",
            "Eva Claessens, Recruiter",
        ),
        "iberia": (
            "Isabel Navarro, Managing director",
            "Carmen Ortega, Social media lead for Spain",
            "Rui Carvalho, Social media lead for Portugal",
            "Pablo Serrano, Content editor",
            "Ines Almeida, Community editor",
            "Marta Vidal, Photographer, contractor",
        ),
        "uk-ireland": (
            "Oliver Grant, Managing director",
            "Charlotte Reed, Social media lead",
            "Liam Doyle, Content editor",
            "Hannah Price, Community editor",
            "Niall Kearney, Trade marketing manager",
        ),
        "north-america": (
            "Rachel Morgan, President of North America",
            "Ethan Brooks, Social media lead",
            "Maya Patel, Content editor",
            "Diego Ramos, Community editor",
            "Chloe Tremblay, Content editor for Quebec",
            "Jordan Ellis, Copywriter, agency",
        ),
        "latin-america": (
            "Luciana Ferreira, Managing director",
            "Mateo Rojas, Content editor",
            "Valentina Cruz, Community editor",
        ),
        "apac": (
            "Wei Ling Tan, Managing director",
            "Arjun Nair, Social media lead",
            "Mei Sato, Content editor",
            "Jack Turner, Community editor",
        ),
    }
)
"""Of each unit the head first, who manages the others: name, title, and how employed if not as employee."""

PERSONAS: Mapping[str, str] = MappingProxyType(
    {
        "strategist": "Marit Verhoeven",
        "content": "Daniel Okafor",
        "hub": "Priya Raman",
        "liaison": "Astrid Lund",
        "liaison2": "Mikael Virtanen",
        "iberia.liaison": "Carmen Ortega",
        "iberia.liaison2": "Rui Carvalho",
        "campaign": "Camille Durand",
        "analyst": "Yuki Tanaka",
        "developer": "Ravi Menon",
        "auditor": "Helena Brandt",
        "admin": "Lukas Weber",
        "employee": "Elin Sandberg",
        "contractor": "Oskar Nyberg",
    }
)
"""Who can log in: their user name, which is also the local part of their e-mail address, and who it is."""

_LIAISONS = MappingProxyType(
    {
        "communications": ("claire.moreau",),
        "marketing": ("pieter.claes",),
        "people": ("emma.sorensen",),
        "nordics": ("liaison", "liaison2"),
        "dach": ("julia.bauer",),
        "benelux": ("sanne.bakker",),
        "iberia": ("iberia.liaison", "iberia.liaison2"),
        "uk-ireland": ("charlotte.reed",),
        "north-america": ("ethan.brooks",),
        "apac": ("arjun.nair",),
        "customer-care": ("grace.kim",),  # last: she endorses what her people ask of other units' accounts
    }
)
"""Latin America has nobody, on purpose: what waits for a liaison there goes up to the hub and says so."""

HUB_DEPUTY = "jonas.petit"
LEADERS = (Seat("strategist", Role.STRATEGIST), Seat("admin", Role.ADMIN))
"""The first appointments, by an operator."""
SEATS = (
    Seat("content", Role.CONTENT_STRATEGIST),
    Seat("hub", Role.COMMUNITY_MANAGER, deputy=HUB_DEPUTY),
    Seat("hana.novak", Role.COMMUNITY_MANAGER, network="tiktok"),
    Seat("campaign", Role.CAMPAIGN_MANAGER, unit="nordics"),
    Seat("analyst", Role.SOCIAL_ANALYST),
    Seat("developer", Role.DEVELOPER),
    Seat("auditor", Role.AUDITOR),
    *(Seat(person, Role.BU_LIAISON, unit) for unit, people in _LIAISONS.items() for person in people),
)
"""All others, by the strategist."""
DECIDERS = (*(person for people in _LIAISONS.values() for person in people), "hub", "hana.novak", "strategist")
"""Whoever decides requests, in the order of steps."""
LEAVER = "joris.maes"
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"Insight licences": ("campaign", "content"), "Everybody in Oslo": ("employee", "liaison2")}
)
"""Groups of the identity provider, by name. The first means a role, the second nothing."""


def _people() -> tuple[Person, ...]:
    parents = {unit.key: unit.parent for unit in UNITS}
    heads = {unit: _key(lines[0].split(", ")[0]) for unit, lines in _STAFF.items()}
    found: list[Person] = []
    for unit, lines in _STAFF.items():
        for line in lines:
            name, title, *employed = line.split(", ")
            head = heads[unit] if heads[unit] != _key(name) else heads.get(parents.get(unit, ""))
            employment = EmploymentType(employed[0]) if employed else EmploymentType.EMPLOYEE
            found.append(Person(_key(name), f"AG-{1001 + len(found)}", name, title, unit, head, employment))
    return tuple(found)


def _key(name: str) -> str:
    return next((key for key, who in PERSONAS.items() if who == name), slug(name).replace("-", "."))


PEOPLE = _people()
"""Managers before those they manage."""


def people_of(unit: str) -> list[Person]:
    """Everyone of one unit, its head first."""
    return [person for person in PEOPLE if person.unit == unit]
