"""What pages say instead of an article, as data: folded (lower case, straight quotes), in a dozen languages."""

from __future__ import annotations

from collections.abc import Mapping


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", " ").split(";") if phrase.strip())


_CONSENT = _phrases("""
    we value your privacy; we and our partners; store and access information on your device; store and/or access;
    accept all cookies; manage your cookie; before you continue to; cookie settings; your privacy choices; wir und
    unsere partner; wir schätzen ihre privatsphäre; datenschutzeinstellungen; alle cookies akzeptieren; zustimmen
    und weiter; mit werbung weiterlesen; nous respectons votre vie privée; nos partenaires stockons; accepter et
    continuer; continuer sans accepter; paramètres des cookies; valoramos tu privacidad; valoramos su privacidad;
    nosotros y nuestros socios; aceptar todas las cookies; rispettiamo la tua privacy; noi e i nostri partner;
    accetta tutti i cookie; accetta e continua; rifiuta e abbonati; a sua privacidade; valorizamos a sua
    privacidade; nós e os nossos parceiros; aceitar todos os cookies; wij en onze partners; wij waarderen uw
    privacy; alle cookies accepteren; cenimy twoją prywatność; my i nasi partnerzy; мы используем файлы cookie;
    gizliliğinize önem veriyoruz; 当サイトではcookieを使用; クッキーの使用に同意; 我们重视您的隐私;
    接受所有cookie; 쿠키 사용에 동의
""")
_PAYWALL = _phrases("""
    subscribe to continue; subscribe to read; subscribe to unlock; subscribe now to read; to continue reading;
    already a subscriber; already have an account? sign in; this article is for subscribers; for subscribers only;
    this content is for members; sign in to read; log in to continue; register to continue; create a free account;
    you have reached your limit; you've reached your limit; free articles remaining; start your free trial; this
    post is for paid subscribers; unlock this article; exclusive to subscribers; jetzt weiterlesen; nur für
    abonnenten; bereits abonnent; jetzt abonnieren; article réservé aux abonnés; réservé aux abonnés; déjà abonné;
    abonnez-vous pour lire; contenido exclusivo para suscriptores; solo para suscriptores; suscríbete para; ya soy
    suscriptor; contenuto riservato agli abbonati; riservato agli abbonati; sei già abbonato; abbonati per
    continuare; accedi per continuare; conteúdo exclusivo para assinantes; exclusivo para assinantes; assine para
    continuar; já é assinante; alleen voor abonnees; word abonnee; tylko dla prenumeratorów; dostęp tylko dla;
    материал доступен только подписчикам; оформите подписку; sadece aboneler; この記事は有料会員; 有料会員限定;
    会員限定記事; 続きを読むには;
    订阅后继续阅读; 登录后阅读; 付费内容; 剩余内容; 구독자 전용; 로그인 후 이용; 유료 회원;
    المحتوى حصري للمشتركين; केवल सब्सक्राइबर
""")
_BOT_CHECK = _phrases("""
    checking your browser; enable javascript and cookies; please enable javascript; please enable js; verify you
    are human; verifying you are human; are you a robot; unusual traffic from your; press & hold; access denied;
    access to this page has been denied; request blocked; security check to access; complete the captcha; just a
    moment; ddos protection by; pardon our interruption; ray id:; bitte aktivieren sie javascript; veuillez
    activer javascript; por favor, activa javascript; abilita javascript; включите javascript; 請啟用javascript;
    请开启javascript; javascriptを有効
""")
_MISSING = _phrases("""
    page not found; 404 not found; error 404; this page does not exist; page you requested could not be found;
    page you are looking for; domain is for sale; buy this domain; seite nicht gefunden; seite wurde nicht
    gefunden; page introuvable; page non trouvée; página no encontrada; pagina non trovata; pagina niet gevonden;
    página não encontrada; strona nie została znaleziona; страница не найдена; sayfa bulunamadı;
    ページが見つかりません;
    页面不存在; 找不到该页面; 페이지를 찾을 수 없습니다
""")

MISSING = "a page that is not there any more"
WALLS: Mapping[str, tuple[str, ...]] = {
    "a consent wall": _CONSENT,
    "a paywall": _PAYWALL,
    "a bot check": _BOT_CHECK,
    MISSING: _MISSING,
}
