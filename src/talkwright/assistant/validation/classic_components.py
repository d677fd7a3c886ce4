"""The components of the classic pipeline: what stands in for each in our engine, and which ones nothing does."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = "Talkwright's engine splits texts into words by itself."
_FEATURES = "Talkwright's engine reads words, pairs of words and pieces of words by itself."
_VECTORS = "For English, word vectors that come with Talkwright's engine stand in for it; no model needs to be fetched."
_NO_MODEL = "Talkwright's engine needs no language data of another program."
_INTENTS = "Talkwright's own classifier learns intents from the same examples; settings of training have no effect."
_ENTITIES = "A conditional random field learns entities, roles and groups from the same annotated examples."

CLASSIC: Mapping[str, str] = {
    "WhitespaceTokenizer": _WORDS,
    "SpacyTokenizer": _WORDS,
    "MitieTokenizer": _WORDS,
    "CountVectorsFeaturizer": _FEATURES,
    "LexicalSyntacticFeaturizer": _FEATURES,
    "RegexFeaturizer": "The project's regexes and lookups find entities themselves; intents are learned from words.",
    "SpacyFeaturizer": _VECTORS,
    "MitieFeaturizer": _VECTORS,
    "LanguageModelFeaturizer": _VECTORS,
    "SpacyNLP": _NO_MODEL,
    "MitieNLP": _NO_MODEL,
    "DIETClassifier": f"{_INTENTS} {_ENTITIES}",
    "SklearnIntentClassifier": _INTENTS,
    "LogisticRegressionClassifier": _INTENTS,
    "MitieIntentClassifier": _INTENTS,
    "KeywordIntentClassifier": _INTENTS,
    "CRFEntityExtractor": _ENTITIES,
    "MitieEntityExtractor": _ENTITIES,
    "RegexEntityExtractor": "Lookups and regexes are searched for as `use_lookup_tables` and `use_regexes` say.",
    "EntitySynonymMapper": "Synonyms always apply to entities that are found.",
    "DucklingEntityExtractor": (
        "Recognisers of Talkwright's engine find number, amount-of-money, time, email, phone-number and url, in English"
        " and German; no server is asked."
    ),
    "FallbackClassifier": "Its `threshold` and `ambiguity_threshold` count: below them the intent is `nlu_fallback`.",
}
"""What stands in, by the public name."""

DROPPED: Mapping[str, str] = {
    "SpacyEntityExtractor": "Mark people, places and companies in the examples, or list them as lookups.",
    "ResponseSelector": "Its intents are understood, but their answers are not chosen. Write a flow that answers.",
    "JiebaTokenizer": "Chinese words are not split, so Chinese is hardly understood.",
}
"""What nothing stands in for, with what to do about it."""
