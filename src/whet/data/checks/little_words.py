"""The little words of languages that share their letters with others."""

from __future__ import annotations

_LISTS = """
English: the of and to in is that it for was on are as with his they at be this from have or by
  not but what all were we when your can said there which she how their if will each about up
  out them then many some so these would other into has more her like him see could no make than
  been its who now did get come may you i my a an do does me our us am hi hello please need want
  don't didn't it's i'm why where just also because should any using use give following between
  after before over such only most write explain describe
German: der die das und ist nicht ein eine einen einem einer ich sie wir ihr es zu den dem des
  mit auf für im von sich als auch an werden aus er hat dass dann sind nach wird bei noch um am
  hatte nur oder aber vor zur bis mehr durch man sein war wie wenn kann doch schon ja mein meine
  ihre habe haben wurde über diese dieser muss bitte was warum wo kein keine uns mir mich
French: le la les de des du et est un une je il elle nous vous ils que qui dans en pour pas sur
  au aux avec ce cette ces se sont par plus ne son sa ses mais ou comme tout leur été être avoir
  fait peut si bien aussi même mon ma mes votre vos notre nos c'est j'ai n'est quand où comment
  pourquoi quel quelle bonjour d'une d'un qu'il très y a
Spanish: el la los las de del y es un una que en por para con no se su sus al lo como más pero
  le ya o este esta estos sí porque entre cuando muy sin sobre también me hasta hay donde quien
  desde todo nos durante uno ni contra otros ese eso ante ellos e mi mis tu usted yo está son
  ser fue tiene puede cómo qué cuál hola gracias quiero favor
Portuguese: me favor lhe dizer ainda vai estou tudo bem o a os as de do da dos das e é um uma
  que em no na nos nas por para com não se seu sua ao aos mais mas como foi ele ela tem à sem
  são ser está muito já também só pelo pela até isso quando eu você meu minha nós há pode porque
  onde qual uns então obrigado olá essa esse este esta
Italian: il lo la i gli le di del della dei delle e è un una uno che in per con non si su da dal
  alla al nel nella sono ho ha mi ti ci ma come più anche se o questo questa quando dove perché
  chi cosa molto suo sua loro io tu noi voi essere stato fatto può degli sul sulla mio mia
  grazie ciao vorrei
Dutch: de het een en van is dat op te in niet voor met zijn er aan om ook als bij maar ik je hij
  ze wij we jullie mijn uw deze dit die wat hoe waar waarom naar uit nog worden werd wordt heeft
  hebben had kan kunnen zou door over tot dan geen meer veel wel al zo was ben bent mij ons
Swedish: och att det som en ett på är av för med den till inte jag har de om han hon men var sig
  från vi så kan man när år också efter eller nu sin bara in upp ut vad där över då skulle hur
  min mitt mina du ni oss mig ska blir detta dessa någon hade
Danish: og at det som en et på er af for med den til ikke jeg har de om han hun men var sig fra
  vi så kan man når år også efter eller nu sin kun ind op ud hvad der over da skulle hvordan min
  mit mine du os mig skal bliver dette disse nogen havde
Norwegian: og at det som en et på er av for med den til ikke jeg har de om han hun men var seg
  fra vi så kan man når år også etter eller nå sin bare inn opp ut hva der over da skulle
  hvordan min mitt mine du dere oss meg skal blir dette disse noen hadde
Finnish: ja on ei se että hän oli mutta ovat kun niin myös joka minä sinä me te he tämä kuin tai
  jos ole voi sitä mitä missä miksi vain nyt sen olen jo kanssa mukaan ollut olisi minun sinun
  ennen jälkeen
Polish: i w na z do nie się to jest że a o jak ale po co tak za od są przez dla czy już tylko
  jego jej ich był była być może ten ta te tym tego ja ty my mnie mam ma gdzie kiedy dlaczego
  bardzo można który która które lub oraz we ze
Czech: a v na je se že to s z do o jsem jak ale by pro tak jako už po co k i za od jsou byl bylo
  být jeho její jejich které který která nebo ne není když kde proč můj má mám jen také ve ke
  při jsme bych
Turkish: ve bir bu için ile da de ne çok daha gibi var mı mi olarak olan ben sen biz siz o en
  kadar sonra ama ya her şey değil nasıl neden nerede olduğu ise veya benim onun şu hiç yok bana
Romanian: și de la în a cu pe nu este un o că se din mai sunt pentru care ce sau dar să am ai
  are au fi ca acest această cum unde când eu tu el ea noi lui lor foarte fost poate prin dacă
  îmi mi
Hungarian: a az és hogy nem egy is ez azt van volt meg de csak már ha mint el még vagy ami én te
  ő mi ti ők mert lehet kell nagyon hogyan miért hol ezt arra után között minden
Indonesian: yang dan di ini itu dengan untuk tidak dari dalam akan pada saya kami kita anda
  mereka adalah ke karena ada bisa juga oleh atau sudah telah sebagai dapat lebih apa bagaimana
  mengapa seperti lagi hanya agar saat
Vietnamese: là và của có không được trong một cho các với những này đã người tôi bạn khi để từ
  như đến về nhiều ra thì cũng vào hay nếu làm rất đó phải
Russian: и в не на что я с он как это по но они мы она так за вы из у от то же бы был была было
  для если его её их или мне меня нет есть когда где почему чтобы уже только ещё до при во со о
  к все эта этот эти может очень быть можно также который которая которые мой вас нас
Ukrainian: і в не на що я з він як це по але вони ми вона так за ви із у від то же був була було
  для якщо його її їх або мені мене ні є коли де чому щоб вже тільки ще до при зі про все ця цей
  ці може дуже бути можна також який яка які та й мій вас нас
Bulgarian: и в не на че аз с той как това по но те ние тя така за вие от до бе беше са е се да
  ще ли или ми ме няма има когато къде защо само още при със във което който която които може
  много към съм си го му
"""

_OTHERS = ("Chinese", "Japanese", "Korean", "Arabic", "Hindi", "Greek", "Latin", "Hebrew", "Thai")


def _read() -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """The languages, and each little word with the languages that have it."""
    languages, known = [], dict[str, tuple[str, ...]]()
    for entry in _LISTS.replace("\n  ", " ").strip().splitlines():
        language, _, words = entry.partition(": ")
        languages.append(language)
        for word in dict.fromkeys(words.split()):
            known[word] = (*known.get(word, ()), language)
    return languages, known


_KNOWN, LITTLE_WORDS = _read()
LANGUAGES = (*_KNOWN, *_OTHERS)
"""Names of languages that a row may ask for."""
