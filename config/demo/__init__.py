"""The demo group: one seed gives the same people, houses and six months of work that end today."""
