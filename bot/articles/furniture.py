"""What news pages put around and between the paragraphs of an article, found by its words, in fifteen languages.

Pure. All phrases are folded (lower case, straight quotes).
"""

from __future__ import annotations

import re
from html import unescape
from itertools import islice

from bot.text import fold

SHORT = 260  # characters of a paragraph that may be nothing but a call to subscribe or follow
LABELLED = 180  # and of one that begins with a label such as "Related:"


def _any(text: str) -> str:
    phrases = (phrase.strip() for phrase in text.replace("\n", " ").split(";"))
    return "|".join(re.escape(phrase) for phrase in phrases if phrase)


# Labels before the link to another story
_LABELS = _any("""
    related; related article; related story; related stories; related articles; related coverage; read more;
    read also; read next; also read; see also; see more; more on this; watch; watch now; watch also; don't miss;
    editor's picks; up next; you may also like; more from; recommended; mehr zum thema; lesen sie auch; lesen
    sie mehr; siehe auch; auch interessant; weiterlesen; lire aussi; à lire aussi; à lire; voir aussi; sur le
    même sujet; lee también; leer más; te puede interesar; le puede interesar; más información; ver también;
    leggi anche; leggi di più; per approfondire; vedi anche; leia também; leia mais; veja também; saiba mais;
    lees ook; lees meer; bekijk ook; czytaj także; czytaj też; zobacz także; zobacz też; читайте также; смотрите
    также; по теме; ayrıca oku; ilgili haber; ilgili haberler; اقرأ أيضا; اقرأ أيضًا; شاهد أيضا; यह भी पढ़ें; ये
    भी पढ़ें; 関連記事; あわせて読みたい; 관련기사; 관련 기사; 相关阅读; 延伸阅读; 相關新聞; 相关新闻
""")
# Headings after which nothing but links to other stories follows
_TAILS = _any("""
    you may also like...; you may also like; you might also like; more stories; more from this author; related
    stories; related articles; related topics; related; recommended for you; recommended stories; most popular;
    most read; trending; don't miss; read more; read next; comments; leave a comment; leave a reply; share this;
    share this article; tags; tell us what you think; tell us what you think...; about the author; mehr zum
    thema; das könnte sie auch interessieren; kommentare; meistgelesen; à lire aussi; sur le même sujet;
    commentaires; les plus lus; te puede interesar; comentarios; lo más leído; leggi anche; commenti; i più
    letti; leia também; comentários; mais lidas; lees ook; reacties; meest gelezen; czytaj także; komentarze;
    читайте также; комментарии; ilgili haberler; yorumlar; التعليقات; اقرأ أيضا; टिप्पणियाँ; 関連記事; コメント;
    関連リンク; 관련기사; 댓글; 相关阅读; 延伸阅读; 评论
""")
# Calls that make a short paragraph furniture, wherever they stand in it
_CALLS = _any("""
    buy something through; sign up for our; sign up for the; sign up to our; sign up here;
    sign up today; subscribe to our; subscribe
    to the; subscribe here; subscribe now; newsletters; newsletter sign; free newsletter; click here to;
    clicking here; tap here to; follow us on; follow him on; follow her on; follow them on; like us on; join us
    on; on facebook, twitter; right in your inbox; to your inbox; in your inbox; on your inbox; have a tip?; got
    a tip; tell us what you think; thanks for signing up; error processing your; like this story?; share it with
    a; download our app; download the app; get the app; may earn a commission; affiliate commission; may get a
    share of the sale; we may receive a commission; all rights reserved; copyright ©; © copyright; this material
    may not be; newsletter abonnieren; zum newsletter; folgen sie uns; alle rechte vorbehalten; inscrivez-vous
    à; abonnez-vous à; suivez-nous sur; tous droits réservés; suscríbete a; suscríbase a; síguenos en; síganos
    en; todos los derechos reservados; iscriviti alla; iscriviti al canale; seguici su; tutti i diritti
    riservati; riproduzione riservata; assine a newsletter; inscreva-se na; siga-nos no; todos os direitos
    reservados; schrijf je in voor; meld je aan voor; volg ons op; alle rechten voorbehouden; zapisz się do;
    obserwuj nas; wszelkie prawa zastrzeżone; подписывайтесь на; подпишитесь на; все права защищены;
    bültenimize; bizi takip edin; tüm hakları saklıdır; اشترك في النشرة; تابعونا على; جميع الحقوق محفوظة; हमें
    फॉलो करें; न्यूज़लेटर; सर्वाधिकार सुरक्षित; メルマガ登録; メールマガジン; 無断転載; 무단전재; 무단 전재;
    구독하기; 재배포 금지; 关注我们; 订阅我们; 版权所有; 未经授权; 转载请注明
""")
_LABEL = re.compile(rf"(?:[-•>*»]\s*)?(?:{_LABELS})\s?(?:[:：|»>–]|(?:on|from|su|auf|sur|en) \S+\.\w{{2,4}}\b)")
_TAIL = re.compile(rf"(?:{_TAILS})\s?[:：.…]?")
_CALL = re.compile(rf"(?:{_CALLS})")
_ITEM = re.compile(r"[-•*»>]\s")
_RULE = re.compile(r"[\W_]+")
_TITLE = re.compile(r"<(?:[tT][iI][tT][lL][eE]|[hH]1)\b[^>]{0,400}>\s*([^<]{1,400})")
_TITLES = 4  # titles and headlines of a page that are looked at
_WORD = re.compile(r"\w+")
_CLOSE = 60  # characters of a paragraph after a heading of links that is still a link


def without(paragraphs: list[str], html: str) -> list[str]:
    """Return the paragraphs of an article without its headline, which stands elsewhere, and what is not of it.

    `html` is the page, for its title. Where nothing would be left, all stays.
    """
    folded = [" ".join(fold(paragraph).split()) for paragraph in paragraphs]
    end = _end(folded)
    kept = [text for text, low in zip(paragraphs[:end], folded[:end], strict=True) if not _is_furniture(low)]
    if len(kept) > 1 and _is_headline(kept[0], html):
        kept = kept[1:]
    return kept or paragraphs


def _end(folded: list[str]) -> int:
    """Return where the article ends: before a heading after which but links follow, or trailing furniture."""
    end = len(folded)
    for place in range(len(folded) // 2, len(folded)):
        if _TAIL.fullmatch(folded[place]) and all(_is_link(text) for text in folded[place + 1 :]):
            end = place
            break
    while end > 1 and (_is_furniture(folded[end - 1]) or _TAIL.fullmatch(folded[end - 1])):
        end -= 1
    return end


def _is_link(text: str) -> bool:
    """Tell whether a paragraph looks like a link to another story: an item of a list, short, or no whole sentence."""
    return bool(_ITEM.match(text)) or len(text) < _CLOSE or (len(text) < LABELLED and text[-1] not in '.!?。»"”')


def _is_furniture(text: str) -> bool:
    if not text or _RULE.fullmatch(text):
        return True
    if len(text) < LABELLED and _LABEL.match(text):
        return True
    return len(text) < SHORT and _CALL.search(text) is not None


def _is_headline(paragraph: str, html: str) -> bool:
    """Tell whether a paragraph is the page's headline, or its title without the name of the site."""
    if len(paragraph) > LABELLED:
        return False
    words = _WORD.findall(fold(paragraph))
    found = islice(_TITLE.finditer(html, 0, 400_000), _TITLES)
    titles = [_WORD.findall(fold(unescape(match[1]))) for match in found]
    return len(words) > 2 and any(title[: len(words)] == words for title in titles)
