"""Which column is which: what people write above their columns, in ten languages."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIELDS = ("code", "email", "firstname", "lastname", "external_id")
REQUIRED = ("code", "email", "firstname")
LABELS = {
    "code": "Access code",
    "email": "Email",
    "firstname": "First name",
    "lastname": "Last name",
    "external_id": "External ID",
}
# A column whose cells name the meetings that each row is for (see `dividing`).
MEETINGS = "meetings"

# Heads the reasons in the file of wrong rows; left out when that comes back mended.
REASON = "what to mend (left out)"

# A bare "name", "id" or "number", in any language, is nobody's synonym: it says too little.
SYNONYMS = {
    "code": """
        code; access code; attendee code; participant code; personal code; personal access code;
        entry code; login code; passcode; custom access code; pin; pin code; codes; access codes;
        your code; your access code; your personal code; user code; code pin;
        Zugangscode; Zugangskode; Zugriffscode; Zutrittscode; Teilnehmercode; Teilnahmecode;
        persönlicher Code; persönlicher Zugangscode; Ihr Code; Ihr Zugangscode; dein Code;
        dein Zugangscode; Code Teilnehmer; Code des Teilnehmers; Einlasscode; Anmeldecode;
        code d'accès; code personnel; code participant;
        código; código de acceso; código personal;
        codice; codice di accesso; codice d'accesso; codice accesso; codice personale;
        código de acesso; código pessoal;
        toegangscode; persoonlijke code; deelnemerscode;
        kod; kod dostępu; kod uczestnika;
        код; код доступа; код участника; персональный код;
        コード; アクセスコード; 参加コード; 参加者コード; 認証コード""",
    "email": """
        email; e-mail; mail; email address; e-mail address; mail address; email addr;
        attendee email; participant email; contact email; your email; email id; emails; e-mails;
        email addresses; your email address; user email; primary email; email primary; email 1;
        e-mail 1 value; attendee email address; participant email address;
        Haupt-E-Mail; Ihre E-Mail; deine E-Mail; Ihre E-Mail-Adresse; deine E-Mail-Adresse;
        Teilnehmer E-Mail; E-Mail Teilnehmer; E-Mail des Teilnehmers;
        E-Mail-Adresse; Mailadresse; Emailadresse; E-Mail Adresse; Mail-Adresse;
        courriel; adresse e-mail; adresse email; adresse mail; adresse courriel; mél;
        adresse électronique; adresse de courriel; adresse de messagerie; e-mail du participant;
        correo; correo electrónico; dirección de correo; dirección de correo electrónico;
        dirección de email; correo-e;
        posta elettronica; indirizzo email; indirizzo e-mail; indirizzo mail;
        indirizzo di posta elettronica; indirizzo posta elettronica;
        correio eletrónico; correio eletrônico; endereço de e-mail; endereço de email;
        endereço eletrónico; endereço eletrônico;
        e-mailadres; mailadres; emailadres; e-mail adres;
        adres e-mail; adres email; adres mailowy; adres poczty elektronicznej;
        poczta elektroniczna; mejl;
        электронная почта; эл. почта; эл почта; почта; адрес электронной почты; имейл; емейл;
        адрес эл. почты; e-mail адрес; адрес e-mail;
        メール; メールアドレス; Eメール; Eメールアドレス; 電子メール; 電子メールアドレス; メアド""",
    "firstname": """
        firstname; first name; first names; given name; given names; forename; forenames; fname;
        christian name; first; attendee first name; participant first name; your first name;
        user first name; attendee given name; attendee name given name; name given name;
        Ihr Vorname; dein Vorname; Teilnehmer Vorname; Vorname Teilnehmer;
        Vorname; Vornamen; Rufname;
        prénom; prénoms; prénom du participant;
        nombre de pila; primer nombre; nombres;
        nome di battesimo; primo nome;
        primeiro nome; nome próprio;
        voornaam; voornamen; roepnaam;
        imię; imiona; imię uczestnika; pierwsze imię;
        имя; имя участника; личное имя;
        名; ファーストネーム; 下の名前""",
    "lastname": """
        lastname; last name; last names; surname; surnames; family name; lname; last;
        attendee last name; participant last name; your last name; user last name;
        attendee family name; attendee name family name; name family name; attendee surname;
        Ihr Nachname; dein Nachname; Teilnehmer Nachname; Nachname Teilnehmer;
        Nachname; Familienname; Zuname; Nachnamen;
        nom de famille; nom du participant; nom patronymique;
        apellido; apellidos; primer apellido;
        cognome; cognomi;
        sobrenome; apelido; último nome; nome de família; apelidos; sobrenomes;
        achternaam; familienaam;
        nazwisko; nazwisko uczestnika;
        фамилия; фамилия участника;
        姓; 苗字; ラストネーム; ファミリーネーム""",
    "external_id": """
        external id; externalid; ext id; external identifier; external_id; external person id;
        externe ID; externe Kennung; externe Id-Nr; externer Schlüssel;
        ID externe; identifiant externe; identifiant extérieur;
        ID externo; identificador externo; ID externa;
        ID esterno; identificativo esterno; identificatore esterno;
        extern ID; externe identificatie; externe identificator;
        zewnętrzny identyfikator; identyfikator zewnętrzny; zewnętrzne ID; ID zewnętrzne;
        внешний id; внешний идентификатор; внешний ид;
        外部ID; 外部識別子""",
}
# Numbers of people in other systems. They may well be the external ID, but only the host knows
# whether the other lists have the same ones: a wrong guess would make somebody else of a person.
PERHAPS_ID = """
    member no; member number; member nr; member id; membership no; membership number; membership id;
    employee no; employee number; employee id; staff no; staff number; staff id;
    personnel no; personnel number; personnel id; student no; student number; student id;
    matriculation no; matriculation number; person id; contact id; user id;
    customer no; customer number; customer id;
    Mitgliedsnummer; Mitgliedsnr; Mitglied Nr; Mitgliedernummer; Mitgliedernr; Mitgliedernr;
    Mitglieds-ID; Mitglied-ID; Mitgliedsausweisnummer; Personalnummer; Personalnr;
    Mitarbeiternummer; Mitarbeiternr; Mitarbeiter-ID; Matrikelnummer; Matrikelnr;
    Kundennummer; Kundennr; Kontakt-ID; Personen-ID;
    numéro de membre; n° de membre; no de membre; n° membre; numéro d'adhérent; n° d'adhérent;
    no d'adhérent; n° adhérent; numéro adhérent; identifiant membre; matricule; numéro d'étudiant;
    número de socio; nº de socio; n.° de socio; n.º socio; número de miembro; nº de miembro;
    número de empleado; nº de empleado; número de asociado;
    numero di socio; numero socio; n. socio; n° socio; numero tessera; numero di tessera; matricola;
    número de sócio; nº de sócio; n.° de sócio; número de associado; número de membro;
    lidnummer; lidmaatschapsnummer; personeelsnummer; studentnummer; relatienummer;
    numer członkowski; nr członkowski; numer członka; nr członka; numer pracownika; nr pracownika;
    номер члена; членский номер; номер членского билета; табельный номер;
    会員番号; 会員ID; 社員番号; 職員番号; 学籍番号"""
LONGEST_KNOWN = 100  # characters
# What forms write in brackets behind a header, in their languages.
REMARKS = {
    "required", "mandatory", "optional", "private", "work", "primary",
    "pflicht", "pflichtfeld", "erforderlich", "freiwillig", "privat", "geschäftlich",
    "obligatoire", "facultatif", "requis", "obligatorio", "opcional", "requerido",
    "obbligatorio", "facoltativo", "obrigatório", "verplicht", "optioneel",
    "wymagane", "opcjonalne", "обязательно", "необязательно", "必須", "任意",
}  # fmt: skip
BRACKETS = re.compile(r"[(\[（]([^)\]）]{1,30})[)\]）]\s*\Z")
# Words for "name" that mean one half of it where the other half has a column of its own.
HALVES = {
    "nombre": ("firstname", "lastname"),
    "nome": ("firstname", "lastname"),
    "nom": ("lastname", "firstname"),
}


def normal_header(text: str) -> str:
    """A header without case, accents, blanks, underscores, hyphens and other marks.

    "" where it is too long to be known: to decompose a long text may take very long.
    """
    if len(text) > LONGEST_KNOWN:
        return ""
    if text.isascii():
        return "".join(c for c in text.lower() if c.isalnum())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    # Letters with a stroke do not decompose; people type them without.
    return "".join(c for c in folded.replace("ł", "l") if c.isalnum())


def without_remark(header: str) -> str:
    """“Email (required)” without what is in brackets, where that is a remark only."""
    found = BRACKETS.search(header)
    return header[: found.start()] if found and found.group(1).casefold() in REMARKS else header


def _known() -> dict[str, str]:
    return {
        normal_header(synonym): name
        for name, synonyms in SYNONYMS.items()
        for synonym in synonyms.split(";")
    }


KNOWN = _known()


MAY_BE_ID = {normal_header(header) for header in PERHAPS_ID.split(";")}


def may_be_id(header: str) -> bool:
    """Whether the column may hold what the portal calls the external ID."""
    return normal_header(without_remark(header)) in MAY_BE_ID


def fields_of(headers: Sequence[str]) -> list[str]:
    """The field of each column, "" where the header is not known."""
    if tuple(headers[: len(FIELDS)]) == FIELDS:
        # Our own export: whatever else is called there, these five are these five.
        return [*FIELDS, *("" for _ in headers[len(FIELDS) :])]
    normal = [normal_header(without_remark(header)) for header in headers]
    fields = [KNOWN.get(header, "") for header in normal]
    for position, header in enumerate(normal):
        half, other = HALVES.get(header, ("", ""))
        if half and half not in fields and other in fields:
            fields[position] = half
    return fields


def score(headers: Iterable[str]) -> tuple[int, int]:
    """How much a row looks like the header: required fields found, then all fields found."""
    found = {name for name in fields_of(list(headers)) if name}
    return sum(name in found for name in REQUIRED), len(found)


@dataclass(frozen=True)
class Column:
    """A column of the file: which field it is, or "", and what stands there in the first rows."""

    header: str
    field: str = ""
    samples: tuple[str, ...] = ()
    may_be_id: bool = False  # the host is asked whether it is the external ID

    @property
    def label(self) -> str:
        return LABELS.get(self.field, "")
