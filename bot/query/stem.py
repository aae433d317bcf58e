"""Regular English plurals, folded: a short rule with exceptions, in the manner of Harman's S stemmer.

Harman, "How effective is suffixing?", JASIS 42 (1991). Never Porter: `universal` is not `university`. Her rule
leaves `boxe` and `movy`, so the endings and the exceptions here are ours. Both sides of a match pass through the
same function, so that a wrong stem does harm only where it meets another word.
"""

# Words that end in s and are no plurals (or whose plural sense is not worth the confusion).
_NOT_PLURAL = frozenset(
    """
    aegis aids alas alias always apropos asbestos atlas atheros bias canvas chaos christmas cosmos does ethos gas
    hermes hiccups kudos lens mars news nowadays overseas pancreas pathos perhaps besides sans sars series species
    afterwards backwards downwards forwards inwards onwards outwards sideways towards upwards unawares whereas
    bayes hopkins james jenkins keras kansas kubernetes postgres stokes texas wales rhinoceros
    """.split()
)
# -ics names a field of study (`physics` is not `physic`), except in these, which are things one can count.
_COUNTED_ICS = frozenset(
    """
    antibiotics characteristics classics clinics comics critics cosmetics diacritics diagnostics epidemics fabrics
    generics geodesics graphics harmonics heuristics infographics logics lyrics metaheuristics metrics microplastics
    mimics mosaics pandemics pics picnics plastics relics rubrics skeptics specifics statistics submetrics subtopics
    synthetics tactics topics
    """.split()
)
# Plurals that lose another ending than their letters say.
_LOSE_S = """
    apis avalanches axes bookies brownies bureaus caches calories canoes cliches cookies cpus creches cuties emojis emus
    genies gpus gurus haikus headaches hoodies menus movies niches npus oboes plateaus psyches rookies selfies shoes
    smoothies tableaus tpus tsunamis wikis zombies
    """.split()
_LOSE_ES = """
    aliases apparatuses atlases biases bonuses buses campuses canvases censuses consensuses corpuses fetuses focuses
    gases genuses geniuses irises lenses minibuses nexuses octopuses prospectuses statuses stimuluses syllabuses
    terminuses
    viruses walruses
    """.split()
_SINGULAR = {**{word: word[:-1] for word in _LOSE_S}, **{word: word[:-2] for word in _LOSE_ES}, "quizzes": "quiz"}
_SIBILANTS = ("sses", "xes", "ches", "shes", "zzes")


def stem(word: str) -> str:
    """A folded word without the ending of a regular plural; the word itself where it has none."""
    if len(word) < 4 or word[-1] != "s" or not word.isalnum() or word in _NOT_PLURAL:
        return word
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word.endswith(("ss", "us", "is")) or (word.endswith("ics") and word not in _COUNTED_ICS):
        return word
    if word.endswith("ies") and len(word) > 4 and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith(_SIBILANTS) or (word.endswith("oes") and len(word) > 5):
        return word[:-2]
    return word[:-1]
