"""Names that no language of Windows-1252 writes like this: the file is in another encoding.

Excel saves “CSV” in the code page of its machine, and nothing in the file says which. Taken for
Windows-1252, the names of another code page look odd in ways that can be told; where one does, the
host is asked, because a name that is silently another one is worse than a question.
"""

import re

SIGN = "\u00a1-\u00a9\u00ab-\u00b3\u00b5\u00b6\u00b8\u00b9\u00bb-\u00bf"
LETTER = r"[^\W\d_]"
LOWER = "[a-zß-ÿ]"

ODD = (
    # Signs beside letters, and what stands between words only: “¯ó³æ”, “J”rg”, “Nu–ez”, “…ster”.
    rf"{LETTER}[{SIGN}]|[{SIGN}]{LETTER}|[×÷ƒˆ˜†‡‰‹›™]",
    rf"{LETTER}[“”„‚…€•]{LETTER}|{LETTER}[–—]{LOWER}|(?<!\w)[„‚€…•]{LOWER}|{LETTER}[„‚€•](?!\w)",
    rf"(?<!\w)[ªº]{LETTER}",
    # Words of nothing but accented letters (“Îëåíà”), and capitals within (“JŸrgen”, “JosŽ”).
    rf"(?<!{LETTER})[À-ÿ]{{3,}}(?!{LETTER})|[À-ÿ]{{4}}|[À-ÿ]{{3}}[ªº]",
    rf"{LETTER}[ŽŸŠŒ](?={LOWER})|[a-z][ŽŸŠŒ](?!\w)|[a-z][À-ÖØ-Þ](?=[a-z])",
    # Macintosh: “Gštz”.
    r"(?i:(?<![a-zà-ÿ])[bdfghjkmnptvw]š[dlmnrt])",
    # Czech, Slovak: ì and ù end words, è stands before consonants, ø beside consonants.
    rf"(?i:(?:[bdfmnptv]ì|ù){LETTER}|\bè[aeiouáéíý]|è[aeiouáéíýk]|[aeiouyáéí]ø|ø[áéíý])",
    # Hungarian: õ is Portuguese before an e, and Estonian.
    r"(?i:õ\b|(?:sz|gy|cs|zs)\w*[õû]|[õû]\w*(?:sz|gy|cs|zs))",
    r"(?i:õ(?!e)\w*[áéíóú]|[áéíóú]\w*õ(?!e))",
    # Polish, Croatian: ñ stands before vowels.
    r"(?i:ñ[b-df-hj-np-tv-z]|iæ\b)",
    # Turkish, Romanian, Baltic: ð, þ and ý are Icelandic, which has no such words; ç hisses.
    r"(?i:\bð|þ\b|\Bþ[aektlý]|ý\w*ý)|Ý[bhklnpstz]",
    r"(?i:[âãçêîôõûü]\w*[ðþý]|[ðþý]\w*[âãçêîôõûü]|ç[bdfgjklmnprstvz])",
)
MISREAD = re.compile("|".join(ODD))
# Without one of these there is nothing odd: made quick for the letters that most names have.
SUSPECT = re.compile(
    rf"[{SIGN}ªº×÷ƒˆ˜†‡‰‹›™“”„‚…€•–—ŽŸŠŒšìùÌÙèÈøØõÕûÛñÑæÆðÐþÞýÝçÇ]|[À-ÿ]{{3}}|[a-z][À-Þ]"
)


def looks_misread(name: str) -> bool:
    return SUSPECT.search(name) is not None and MISREAD.search(name) is not None
