"""What people say in any conversation, whatever the assistant does: stop, again, a person please, hello, I meant something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from talkwright.engine.understanding.local.texts import fold


class Act(StrEnum):
    """A move in the conversation that needs no knowledge of the assistant."""

    CANCEL = "cancel"
    HUMAN = "human"
    REPEAT = "repeat"
    RESTART = "restart"
    SKIP = "skip"
    NOTHING_ELSE = "nothing else"
    GO_ON = "go on"
    GREETING = "greeting"
    SMALL_TALK = "small talk"


_POLITE = re.compile(
    r"^(?:(?:ok(?:ay)?|so|well|um+|uh+|oh|hey|please|sorry|actually|no|nope|wait|hm+|ah|just|and|but|"
    r"i think|i guess|can you|could you|can we|could we|can i|could i|would you|will you|"
    r"let'?s|let us|i(?:'d| would) (?:like|prefer) to|i want to|i wanna|"
    r"bitte|also|aeh+m?|oh|ach|nein|nee|noe|doch|halt|moment|warte|entschuldigung|sorry|jetzt|mal|dann|und|aber|"
    r"kannst du|koennen sie|koennten sie|koenntest du|kann ich|koennte ich|ich moechte|ich will|ich wuerde gerne?|lass uns)\b[\s,.!]*)"
)
_POLITE_END = re.compile(
    r"[\s,.!?]*(?:\b(?:please|thanks?|thank you|now|for now|then|though|after all|instead|right now|ok(?:ay)?|anymore|any more|"
    r"sorry|bitte|danke|jetzt|dann|mal|doch|lieber|gerade|erstmal|schnell)\b[\s,.!?]*)$"
)
_THIS = (
    r"(?:it|that|this|everything|all(?: of (?:it|this|that))?|the (?:process|whole thing|thing|request|operation|procedure|rest)|"
    r"what (?:i|we|you)(?:'m|'re| am| are)? (?:was |were )?doing|here|altogether)"
)
_DAS = r"(?:es|das|dies(?:en?|es)?|alles|das ganze|den vorgang|die sache|hier|damit|vorgang)"
_PERSON_EN = (
    r"(?:(?:an?|the|some|your|any|real|actual|live|human|another|customer|support|service) )*"
    r"(?:human(?: being)?|person|someone|somebody|agents?|operator|representative|rep|advisor|adviser|colleague|employee|"
    r"(?:customer )?(?:support|service)|staff(?: member)?|manager|people|consultant|specialist)"
    r"(?: (?:real|human|else|in person|on the phone))*"
)
_PERSON_DE = (
    r"(?:(?:ein(?:e[mnrs]?)?|den|dem|der|die|das|echten?|richtigen?|realen?|irgend) ?)*"
    r"(?:mensch(?:en)?|person|mitarbeiter(?:in)?|berater(?:in)?|kundenberater(?:in)?|jemand(?:en|em)?|irgendjemand(?:en|em)?|"
    r"kundendienst|kundenservice|support|kolleg(?:e|en|in)|agent(?:en)?|sachbearbeiter(?:in)?|operator|hotline)"
    r"(?: (?:echtem|echten|richtigem|richtigen|sprechen|reden|verbinden))*"
)
_PATTERNS: dict[Act, str] = {
    Act.CANCEL: (
        rf"(?:cancel|stop|abort|quit|exit|halt|end|drop|scrap|discard|leave|forget|forget about|undo|skip|finish|give up(?: on)?)(?: {_THIS})?"
        r"|never ?mind(?: (?:that|about (?:it|that)))?|nvm|forget(?: about)? (?:it|that|this)|don'?t bother|leave (?:it|that)(?: be)?|call it off"
        r"|i(?:'ve| have)?(?: just)? changed my mind|(?:i )?(?:don'?t|do not|no longer) (?:want|need|wish|feel like|care)"
        rf"(?: to)?(?: (?:do|continue|go on|proceed|finish|doing|go through))?(?: with)?(?: {_THIS})?"
        r"|not interested|i(?:'m| am) (?:not interested|out|done with this)|(?:get|take) me out(?: of (?:here|this))?"
        r"|(?:stop|cancel|end) (?:doing|asking)(?: .{0,20})?|not now|maybe later|another time|some other time|(?:i'?ll )?do (?:it|this|that) later"
        r"|abbrechen|abbruch|stopp?|aufhoeren|beenden|vergiss(?: (?:es|das|alles))?|vergessen sie(?: (?:es|das))?|egal|schon gut|lass(?:en sie)? (?:es|das)(?: (?:sein|bleiben|gut sein))?"
        rf"|(?:brich|brechen sie|hoer|hoeren sie|beende|beenden sie|stoppe?|storniere?)(?: {_DAS})?(?: (?:ab|auf|sein))?"
        rf"|{_DAS} (?:abbrechen|beenden|stoppen|lassen)|lassen wir (?:es|das)(?: (?:sein|lieber|bleiben))?|lieber nicht|doch nicht|nicht mehr(?: noetig)?"
        r"|ich (?:habe?'?s?|hab es) mir anders ueberlegt|(?:ich )?(?:will|moechte|brauche?) (?:das|es|ich)?\s?(?:doch )?(?:nicht|nicht mehr|nimmer|gar nicht)(?: mehr)?(?: (?:machen|tun|weitermachen))?"
        r"|kein interesse|(?:ein )?andermal|spaeter(?: vielleicht)?|vielleicht spaeter|hat sich erledigt|das hat sich erledigt|erledigt"
    ),
    Act.HUMAN: (
        rf"(?:(?:get|give|find|connect|transfer|put|hand|pass|let|need|want|have|call|bring|speak|speaking|talk|talking|chat|contact|reach|is there|are there|like|through|over|me|us|i|to|with|for|in|can|there|on|a|"
        rf"chance|way|possible|possible|it|prefer|rather|directly|instead|of you|not)[ ,]*)*{_PERSON_EN}(?: (?:i can |to )?(?:talk|speak|help|chat)(?: (?:to|with|me))?)?(?: (?:available|there|instead|who can help(?: me)?|to help(?: me)?))?"
        r"|(?:i )?(?:don'?t|do not) want to (?:talk|speak|chat) (?:to|with) (?:a |an )?(?:bot|robot|machine|computer)"
        rf"|(?:(?:ich|mit|mich|mir|wir|uns|sprechen|reden|verbinden|verbinde|verbinden sie|gib|geben sie|hol|holen sie|brauche?|will|moechte|wuerde|gerne?|zu|zum|zur|an|bitte|weiterleiten|gibt es|ist da|da|mal|lieber|kontakt|jetzt|direkt)[ ,]*)*{_PERSON_DE}"
        r"|ich (?:will|moechte) nicht mit (?:einem |einer )?(?:bot|roboter|maschine|computer) (?:sprechen|reden|schreiben)"
    ),
    Act.REPEAT: (
        r"(?:say|tell me|repeat|read|show me|ask)?\s?(?:that|it|this|the (?:question|last (?:message|part|bit|one)))?\s?(?:again|once more|one more time)"
        r"|repeat(?: (?:that|it|this|yourself|the (?:question|last (?:message|part|bit|thing|one))|what you (?:said|just said)))?"
        r"|(?:what|pardon|come again|excuse me|say what|huh|sorry what)(?: (?:did you (?:just )?(?:say|ask)|was that(?: again)?|was the question|do you mean|is the question|were you saying|did you want(?: to know)?(?: again)?))?(?: again)?"
        r"|i (?:didn'?t|did not|don'?t) (?:get|catch|hear|understand|quite catch|quite get)(?: (?:that|it|you|the question|what you (?:said|mean)))?"
        r"|(?:noch ?mal|noch einmal|(?:(?:das|es|die frage|den letzten satz) )?(?:bitte )?(?:noch ?mal |noch einmal )?wiederhol(?:e|en)?(?: (?:sie|das|es|bitte|die (?:frage|nachricht)))*(?: (?:noch ?mal|noch einmal))?|wie bitte|was(?: war das| hast du gesagt| haben sie gesagt| war die frage)?(?: noch ?mal)?"
        r"|(?:sag|sagen sie|frag|fragen sie)(?: (?:das|es|mir))*(?: (?:bitte))?(?: (?:noch ?mal|noch einmal))|(?:das )?hab(?:e)? ich (?:das )?nicht (?:verstanden|mitbekommen)|ich habe? (?:das|dich|sie|die frage) nicht verstanden|nicht verstanden)"
    ),
    Act.RESTART: (
        r"(?:re-?start|start (?:over|again|afresh|anew|from (?:the )?(?:beginning|scratch|the top))|begin (?:again|from the beginning)|reset)(?: (?:everything|the (?:conversation|chat)|this|it|all))?"
        r"|from the (?:beginning|start|top)|back to (?:the )?(?:start|beginning|square one)"
        r"|(?:von vorne?(?: (?:anfangen|beginnen|starten))?|neu ?(?:starten|start|anfangen|beginnen)|(?:fangen wir|fang|starte|beginnen wir) (?:nochmal |noch einmal )?(?:von vorne?|neu)(?: an)?|nochmal von vorne?|zurueck zum anfang|alles zuruecksetzen)"
    ),
    Act.SKIP: (
        r"skip(?: (?:that|it|this)| (?:this|that|the) (?:question|one|step))|next question|pass(?: on (?:that|this))?"
        r"|i(?:'d)? (?:don'?t|do not|rather not|prefer not to|won'?t|will not|would rather not)(?: want to)? (?:say|tell(?: you)?|answer|give|share|disclose)(?: (?:that|this|it|you that))?"
        r"|(?:that'?s|it'?s) none of your business|i(?:'d)? rather not(?: say| answer| tell)?"
        r"|ueberspring(?:e|en)?(?: (?:sie|das|die frage|diese frage|es|bitte))*|(?:naechste|andere) frage|(?:das )?(?:sage|verrate|beantworte) ich (?:dir |ihnen )?(?:lieber )?nicht|(?:das )?(?:moechte|will) ich (?:dir |ihnen )?(?:lieber )?nicht (?:sagen|beantworten|verraten|angeben)"
        r"|das geht (?:dich|sie) nichts an|keine angabe"
    ),
    Act.NOTHING_ELSE: (
        r"(?:no,? )?(?:that'?s|that is|that was|this is|that'?ll be|that will be) (?:all|it|everything|enough)(?: (?:for (?:now|today)|i (?:need(?:ed)?|want(?:ed)?)|thanks?|thank you))*|nothing(?: (?:else|more|further))?(?: for (?:now|today))?|no(?:thing)? more(?: questions?)?|all (?:good|set|done)"
        r"|i(?:'m| am) (?:good|fine|done|all set|finished|ok(?:ay)?)(?: for (?:now|today))?|we'?re (?:done|good)|no more|not (?:right now|today|at the moment|anymore)|not that i (?:know|can think) of|i don'?t (?:need|want) (?:anything|any) (?:else|more)(?: help)?"
        r"|(?:good)?bye(?: ?bye)?|see you(?: (?:later|soon))?|(?:thanks?|thank you|cheers)(?: (?:so much|very much|a lot))?(?:,? (?:bye|goodbye|that'?s (?:all|it)|that is (?:all|it)|that was all))?"
        r"|(?:nein,? )?(?:das (?:war|waer|waere)'?s?(?: (?:alles|es|schon))?|das ist (?:alles|es)|nichts(?: (?:mehr|weiter|anderes|sonst))?|sonst nichts(?: mehr)?|mehr (?:nicht|brauche ich nicht)|alles (?:gut|erledigt|klar soweit|bestens)|ich bin (?:fertig|versorgt|zufrieden)|(?:auf wieder(?:sehen|hoeren)|tschuess?|tschau|ciao|bis (?:dann|bald|spaeter))|(?:vielen |besten |herzlichen )?dank(?:e)?(?: (?:schoen|sehr|dir|ihnen))?(?:,? (?:tschuess|das war'?s|das war alles))?|keine (?:weiteren )?fragen(?: mehr)?|passt(?: (?:alles|so))?)"
    ),
    Act.GO_ON: (
        r"(?:continue|resume|go on|carry on|keep going|proceed|go ahead|go back|finish|pick up|back)(?: (?:with |to |doing )?(?:it|that|this|where we (?:left off|were|stopped)|the (?:first|other|previous|old|last|one)(?: (?:one|thing|task|topic))?|what we were doing|before))?"
        r"|(?:pick up )?where (?:were we|we left off|we were)"
        r"|(?:weiter(?:machen|fuehren|fahren)?|fortfahren|fortsetzen|(?:mach(?:en wir)?|machen sie|fahren wir|fahr|geh(?:en wir)?)(?: (?:bitte|mal|damit|dort|da))*(?: (?:weiter|fort|zurueck))|zurueck(?: dazu| damit| zum vorherigen)?|wo waren wir(?: stehen ?geblieben)?)"
    ),
    Act.GREETING: (
        r"(?:hi+|hey+|hello+|hallo|hullo|howdy|greetings|yo|good (?:morning|afternoon|evening|day)|morning|evening|hiya|sup)(?: (?:there|again|you|bot|everyone|all|team))*"
        r"|(?:guten (?:tag|morgen|abend)|moin(?: moin)?|servus|gruess (?:gott|dich|euch)|gruezi|hallo(?:chen)?|tag|na|hey|hi)(?: (?:zusammen|du|bot|da|leute))*"
    ),
    Act.SMALL_TALK: (
        r"(?:hi |hey |hello )?(?:and )?(?:how are you(?: (?:doing|today|feeling))*|how(?:'s| is) (?:it going|life|your day)|what'?s up|how do you do|nice to meet you)"
        r"|(?:who|what) are you|what(?:'s| is) your name|are you (?:a )?(?:bot|robot|human|real|machine|an? ai|computer)(?: or (?:a )?(?:bot|human|robot|machine))?|do you have a name|who (?:made|built|created) you"
        r"|tell me a joke|(?:do you )?know any jokes?|make me laugh|(?:i )?love you|you(?:'re| are) (?:great|awesome|nice|funny|stupid|dumb|useless|amazing|the best|helpful|smart|so \w+)|good (?:bot|job)|well done|nice|lol|haha+"
        r"|wie geht'?s?(?: (?:es )?(?:dir|ihnen))?(?: heute)?|wie geht es (?:dir|ihnen)(?: heute)?|was geht(?: ab)?|wer bist du|wer sind sie|wie heisst du|wie heissen sie|bist du (?:ein |eine )?(?:bot|roboter|mensch|maschine|echt|computer|ki)|(?:erzaehl|sag|kennst du)(?: (?:mir|mal|bitte))* einen witz|(?:erzaehl|sag)(?: mir)? was lustiges|ich (?:liebe|mag) dich|du bist (?:toll|super|nett|dumm|doof|lustig|der beste|klasse|\w+)|gut gemacht|sehr gut gemacht"
    ),
}
_COMPILED = {act: re.compile(pattern) for act, pattern in _PATTERNS.items()}

_CORRECTION = re.compile(
    r"^(?:(?:no+|nope|nein|nee|noe|oops|ups|sorry|entschuldigung|oh|ah|wait|hold on|warte|moment|halt|hm+|ach|my mistake|mein fehler|quatsch|stopp?)\b[\s,.!:;-]*)*"
    r"(?:(?P<marker>i meant(?: to say)?|i mean|i meant|i said|that should (?:be|have been)|it should (?:be|have been)|should be|make (?:it|that)|change (?:it|that|this)(?: to)?|"
    r"set it to|rather|actually|instead|correction|scratch that|not that|i wanted(?: to say)?|wrong|i was wrong|let'?s make (?:it|that)|better make (?:it|that)|"
    r"on second thought|i made a mistake|that'?s wrong|that was wrong|that'?s not right|"
    r"ich meinte|ich meine|meinte|gemeint war|ich wollte(?: sagen)?|das sollte|es sollte|mach(?:en sie)?(?: (?:doch|lieber|bitte))?(?: (?:da|daraus|es))?|aendere?(?: (?:das|es|auf|in|zu|bitte))*|aendern sie(?: (?:das|es|auf|in|zu|bitte))*|"
    r"doch lieber|lieber doch|lieber|eigentlich|doch|stattdessen|korrektur|falsch|das (?:war|ist) falsch|ich habe? mich (?:vertippt|geirrt|vertan|versprochen)|vertippt)\b[\s,.!:;-]*)+"
)
_NOT_BUT = re.compile(
    r"\b(?:not|nicht)\s+(?P<old>.{1,40}?)[\s,]+(?:but|sondern|,)\s+(?P<new>.+)$|(?P<new2>[^\s,]+(?:\s[^\s,]+){0,3}),\s+(?:not|nicht)\s+(?P<old2>[^,]+)$"
)
_CHANGE_NAMED = re.compile(
    r"\b(?:change|correct|update|edit|modify|fix|adjust|switch|set|aendere?|aendern|korrigiere?n?|setze?n?|stelle?)\b.{0,12}?\b(?:the|my|to|den|die|das|dem|meinen?|meine)?\b"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """A message that takes something back: what remains to be read as the new value."""

    rest: str
    marker: str


def act_of(text: str) -> Act | None:
    """The act that the whole message is, politeness aside; None where it says anything more."""
    for candidate in _with_less_politeness(_plain(text)):
        for act, pattern in _COMPILED.items():
            if pattern.fullmatch(candidate):
                return act
    return None


def _with_less_politeness(plain: str) -> list[str]:
    """The text as it stands, then without one polite word more at the front or the end, until none is left."""
    found = [plain]
    for candidate in found:
        for shorter in (_POLITE.sub("", candidate), _POLITE_END.sub("", candidate).strip(" ,.!?")):
            if shorter and shorter not in found:
                found.append(shorter)
    return found


def correction_in(text: str) -> Correction | None:
    """The correction a message makes: "no, I meant Bob", "actually make it 70", "nicht 50, sondern 70"; else None."""
    folded_like = fold(text)
    if found := _NOT_BUT.search(folded_like):
        new = found["new"] or found["new2"]
        start = folded_like.rindex(new)
        return Correction(_original(text, folded_like, start, start + len(new)), "not … but")
    found = _CORRECTION.match(folded_like)
    if found and found["marker"]:
        return Correction(_original(text, folded_like, found.end(), len(folded_like)), found["marker"])
    return None


def change_request(text: str) -> bool:
    """Whether the message asks to change something by name: "change the amount to 70"."""
    return bool(_CHANGE_NAMED.search(fold(text)))


def _plain(text: str) -> str:
    return " ".join(fold(text).strip(" \t\n.,!?;:…-").split())


def _original(text: str, folded: str, start: int, end: int) -> str:
    """The stretch of the text as written. Folding lengthens umlauts, so positions are counted from the nearer end."""
    if len(folded) == len(text):
        return text[start:end].strip()
    head = _length_before_folding(text, start)
    tail = _length_before_folding(text, end)
    return text[head:tail].strip()


def _length_before_folding(text: str, folded_length: int) -> int:
    """How many characters of `text` fold to `folded_length` characters."""
    total = 0
    for count, char in enumerate(text):
        if total >= folded_length:
            return count
        total += len(fold(char)) or 1
    return len(text)
