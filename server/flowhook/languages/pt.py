"""Portuguese."""

from __future__ import annotations

from flowhook.languages.language import (
    AnswerWords,
    CorrectionWords,
    DateWords,
    Language,
    Negation,
    NumberWords,
    SentenceCues,
    TimeWords,
    UnitWords,
    YesNoWords,
    counted,
    groups,
    phrases,
    sentences,
)

_UNITS = (
    "zero um|uma dois|duas tres quatro cinco seis sete oito nove dez onze doze treze "
    "catorze|quatorze quinze "
    "dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove"
)
_HUNDREDS = (
    "duzentos|duzentas trezentos|trezentas quatrocentos|quatrocentas quinhentos|quinhentas "
    "seiscentos|seiscentas setecentos|setecentas oitocentos|oitocentas novecentos|novecentas"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0)
        | counted("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", 20, 10)
        | counted("cem|cento", 100)
        | counted(_HUNDREDS, 200, 100),
        scales={
            "mil": 1000,
            "milhao": 10**6,
            "milhoes": 10**6,
            "bilhao": 10**9,
            "bilhoes": 10**9,
            "trilhao": 10**12,
            "trilhoes": 10**12,
            "duzia": 12,
            "duzias": 12,
            "dezena": 10,
        }
        | {"k": 1000, "mio": 10**6, "mln": 10**6, "mi": 10**6},
        fraction_join_re=r"e",
        abbreviations=frozenset(["mio", "mln"]),
        articles=frozenset({"um", "uma"}),
        groups={"par": 2},
        fractions={
            "meio": 0.5,
            "meia": 0.5,
            "metade": 0.5,
            "quarto": 0.25,
            "quartos": 0.25,
            "terco": 1 / 3,
            "tercos": 1 / 3,
            "quintos": 0.2,
            "sextos": 1 / 6,
            "oitavos": 0.125,
            "decimos": 0.1,
        },
        and_half_re=r"e mei[oa]",
        half_a_re=r"mei[oa]",
        minus_re=r"(?<!pelo )(?<!ao )menos",
        joins=frozenset({"e"}),
        tens_join=True,
        ordinals=counted(
            "primeiro|primeira segundo|segunda terceiro|terceira quarto|quarta quinto|quinta sexto|sexta "
            "setimo|setima oitavo|oitava nono|nona decimo|decima"
        ),
        ordinal_end_re=r"º|ª|°|o|a",
        last_re=r"ultim[oa]",
        label_re=r"numero|opcao",
        picking_articles=phrases("o a os as"),
        picking=phrases(
            "o a os as quero queria prefiro escolho fico com por favor obrigado obrigada sim ok me da de "
            "para mim pode ser eu gostaria"
        ),
        picked=phrases("opcao escolha resposta delas deles"),
        decimal_re=r"virgula|ponto",
        before_decimal_re=r"e|sao|cerca de|so",
        either_re=r"ou|entre|quer dizer|espera|alias|melhor|desculpa",
        alternative_re=r"talvez|ou melhor|ou ate|quem sabe|no maximo|maximo|"
        r"ou|a|e|ate|ao|aos|as|ou talvez|a ate",
        bound_re=r"a partir de|desde|"
        r"mais de|menos de|pelo menos|no (?:maximo|minimo)|ate|acima de|abaixo de|maximo|minimo",
        limit_re=r"no (?:minimo|maximo|mais tardar)(?: a| no| na)?|a qualquer (?:hora|momento) "
        r"(?:depois|antes|a partir)|"
        r"antes d(?:e|a|o|as|os)(?! ontem)|depois d(?:e|a|o|as|os)(?! amanha)|apos",
        limit_after_re=r"no (?:minimo|maximo|mais tardar)|ou (?:depois|antes|mais tarde)",
        bound_after_re=r"ou mais|ou menos|no (?:maximo|minimo)|para cima",
    ),
    dates=DateWords(
        months=counted(
            "janeiro|jan fevereiro|fev marco|mar abril|abr maio|mai junho|jun julho|jul agosto|ago "
            "setembro|set outubro|out novembro|nov dezembro|dez"
        ),
        weekdays=counted("segunda terca quarta quinta sexta sabado domingo", 0),
        weekday_tail_re=r"-?\s?feira",
        relative_days={
            "depois de amanha": 2,
            "(?<!depois de )amanha": 1,
            "hoje|esta (?:noite|tarde|manha)": 0,
            "anteontem": -2,
            "ontem": -1,
        },
        holidays={"vespera de natal": (12, 24), "natal": (12, 25), "ano novo": (1, 1)},
        next_re=r"(?:o |a |na |no )?proxim[oa]",
        next_after_re=r"que vem|seguinte",
        this_re=r"(?:n?est[ea]|n?ess[ea])",
        last_re=r"(?:o |a |na |no )?ultim[oa]",
        last_after_re=r"passad[oa]",
        week_re=r"(?:a )?semana",
        weekend_re=r"fim de semana|fim-de-semana",
        month_re=r"(?:o )?mes",
        year_re=r"(?:o )?ano",
        of_re=r"de|do",
        the_re=r"o dia|no dia|dia|em",
        day_end_re=r"",
        end_of_month_re=r"(?:no )?fi(?:m|nal) do mes",
        ahead_re=r"em|dentro de|daqui a",
        ahead_after_re=r"depois|mais tarde",
        ago_re=r"ha|faz",
        ago_after_re=r"atras",
        weekday_of_re=r"da",
        weekday_gap_re=r"o|dia|de",
        weekend_lead_re=r"este",
        since_re=r"desde(?: a)?",
        later_re=r"depois d(?:e|o|a)|apos(?: o| a)?",
        sooner_re=r"antes d(?:e|o|a)",
        vague_re=r"(?:a )?semana d[eo]|penultim[oa] \w+|(?:ou|e) (?:no|o) dia (?:seguinte|depois)|"
        r"(?:a |na )?(?:primeira|segunda|ultima) (?:semana|quinzena)(?: de)?|(?:o |no )?(?:primeiro|"
        r"ultimo) fim de semana de|"
        r"(?:no )?(?:fim|final|inicio|meio|meados) (?:da |do )(?:proxim[oa] )?(?:semana"
        r"|ano)(?: (?:que vem|passad[oa]))?|(?:fim|final|inicio|meados) de (?:janeiro|fevereiro|marco"
        r"|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)",
    ),
    times=TimeWords(
        at_re=r"as|a|pelas|por volta das|das|ate as|depois das",
        has_re=r"durante|por|tenho|temos",
        oclock_re=r"horas?|h|em ponto",
        noon_re=r"meio[- ]dia",
        midnight_re=r"meia[- ]noite",
        now_re=r"agora(?: mesmo)?|ja",
        clock={
            "{h}(?: horas)? e meia": (30, 0),
            "{h}(?: horas)? e um quarto": (15, 0),
            "quinze para as? {h}": (-15, 0),
            "{m} para as? {h}": (0, -1),
            "as {h}(?: horas)? e {m}": (0, 1),
        },
        day_parts={
            "(?:da|de|pela) manha": "morning",
            "(?:da|de|a) tarde|esta tarde": "afternoon",
            "(?:da|de|a) noite|esta noite": "evening",
            "da madrugada": "night",
        },
        filler_re=r"as|a|o|da|de|do|na|no|em|pelas|por|para|t|e|dia",
        counted_re=r"eur|euros?|reais|dolar(?:es)?|pessoas?|km|kg|anos?|dias?|minutos?|semanas?"
        r"|mes(?:es)?|por ?cento|graus?|vezes",
        accented_at=True,
        articles=frozenset({"um", "uma"}),
        range_re=r"de|das|entre",
    ),
    units=UnitWords(
        seconds={
            "segundos?|seg|s": 1,
            "minutos?|mins?|m": 60,
            "horas?|hrs?|h": 3600,
            "quartos? de hora": 900,
            "dias?|d": 86400,
            "semanas?": 604800,
            "quinzenas?": 1296000,
            "mes(?:es)?": 2592000,
            "anos?": 31536000,
        },
        spans={
            r"semana e meia": 907200,
            r"dia e meio": 129600,
            r"mes e meio": 3888000,
            r"ano e meio": 47304000,
            r"(?:um )?quarto de hora": 900,
            r"(?:tres|3) quartos de hora": 2700,
            r"hora e meia": 5400,
            r"hora e um quarto": 4500,
        },
        and_re=r"e",
        percent_re=r"%|por ?cento",
        degree_re=r"°|º|graus?",
        distances={
            "quilometros?|km": "kilometre",
            "centimetros?|cm": "centimetre",
            "milimetros?|mm": "millimetre",
            "metros?|m": "metre",
            "milhas? nauticas?": "nautical mile",
            "milhas?": "mile",
            "pes?": "foot",
            "polegadas?": "inch",
        },
        money={
            "euros?": "EUR",
            "reais|real": "BRL",
            "dolar(?:es)?": "USD",
            "libras?(?: esterlinas?)?": "GBP",
            "francos?(?: suicos?)?": "CHF",
            "ienes?": "JPY",
        },
        cents_re=r"centimos?|centavos?|cts?",
        ages={"anos?": "year", "mes(?:es)?": "month", "semanas?": "week", "dias?": "day"},
        old_re=r"de idade",
        i_am_re=r"tenho|idade:?|minha idade e|tem",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "sim s yes ok okay claro certo correto exato exatamente verdade certeza perfeito pode "
            "isso positivo beleza fechado combinado",
            "e sim|tenho sim|quero sim|ja disse que sim|receio que sim|"
            "com certeza sim|seria otimo|seria perfeito|acho que sim|infelizmente sim|isso sim|"
            "com certeza|por que nao|porque nao|claro que sim|com prazer|esta bem|tudo bem|de acordo|"
            "isso mesmo|sem problema|pode ser|nada mal|sem duvida|acho que sim|por mim tudo bem|"
            "penso que sim|creio que sim|esta bom|sem problemas|estou de acordo|nao ha duvida",
        ),
        no=phrases(
            "nenhum nenhuma nao n nunca jamais falso errado negativo nem no",
            "nao exatamente|nao totalmente|nao bem|nao penso|"
            "ja nao|ja disse que nao|nao tenho|receio que nao|nao tenho nenhuma|nao tenho nenhum|nao mais|"
            "com certeza nao|certamente nao|que eu saiba nao|nao que eu saiba|nao precisa|"
            "nao e preciso|nem a pau|isso nao|infelizmente nao|claro que nao|"
            "de jeito nenhum|claro que nao|ainda nao|agora nao|melhor nao|nao obrigado|nao obrigada|"
            "de modo algum|nao quero|acho que nao|penso que nao|creio que nao|nem pensar|"
            "de forma alguma|nao concordo|nao esta certo|nao e verdade",
        ),
        begins_yes=phrases(
            "sim claro ok",
            "com certeza|por que nao|tudo bem|sem duvida|nao ha duvida|acho que sim",
        ),
        begins_no=phrases(
            "nao nunca jamais",
            "claro que nao|de jeito nenhum|nem pensar|de forma alguma",
        ),
        polite=phrases(
            "hmm mmm "
            "infelizmente sinceramente felizmente desculpe desculpa obrigado obrigada por favor muito ah",
        ),
        approval=phrases(
            "bem bom certo correto verdade acordo ok okay perfeito exato possivel concordo",
        ),
        approving=phrases(
            "penso que esteja seja nao esta estou e de isso muito para mim nada foi acho com la eu",
        ),
        unsure_re=r"tanto faz|mais ou menos|sim e nao|(?:tenho|preciso) (?:de |que )?(?:pensar|"
        r"perguntar|verificar|ver)|nem ideia|"
        r"nao (?:o |a |me |se )*(?:sei|entendi|entendo|compreendo|compreendi|percebi|percebo"
        r"|lembro|recordo|saberia|posso dizer)|nao (?:\w+ ){0,3}?(?:certeza|segur[oa]|ideia)"
        r"|sem ideia|sei la|talvez|depende|quem sabe|indecis[oa]",
    ),
    negation=Negation(
        negators=phrases("odeio detesto sem nao nem nenhum nenhuma nunca jamais tampouco"),
        light=phrases(
            "eu tu voce ele ela nos voces eles me te se lhe o a os as um uma de do da dos das em no "
            "na nas ao por pelo pela para pra com e sao sou estou esta ser estar posso pode podemos "
            "quis podia quero quer queremos queria gostaria preciso tenho tem temos ha dou vou vai vamos "
            "ir vir venho bem bom boa muito realmente mesmo infelizmente serve convem funciona gosto "
            "possivel disponivel livre dia hora tempo fazer faco tomar comer beber pedir reservar "
            "marcar obrigado obrigada que ja feira"
        ),
        joins=phrases("ou e nem o a os as de"),
        turns=phrases("mas sim porem"),
        bounds=phrases("antes depois ate mais menos desde"),
        harmless_re=r"nao so|nao somente|nao apenas|por ?que nao|nao ha problema|nao tem problema"
        r"|sem problemas?|nenhum problema|nada mal|nao e mau|nao (?:se )?esquec\w+|sem duvida"
        r"|nao importa|como nao|ou nao|se nao|nao antes|nao sem",
        except_re=r"evit\w+|a nao ser(?: que(?: seja)?)?|a menos que(?: seja)?|"
        r"exceto|excepto|salvo|menos(?= (?:a|o|na|no|segunda|terca|quarta|quinta|sexta|sabado"
        r"|domingo|as) ?)|a excecao d\w+|fora|em vez d\w+|tudo menos|qualquer \w+ menos"
        r"|todos? (?:os \w+ )?menos|qualquer um menos",
        unfit_re=r"ausente|"
        r"de (?:ferias|viagem|licenca)|esquec[ea] isso|nem pensar|"
        r"esta (?:ja )?(?:lotad[oa]|chei[oa])|fora de questao|"
        r"(?:bem|bastante) (?:tarde|cedo|longe|caro)|nao tem jeito|"
        r"impossivel|ocupad[oa]|fechad[oa]|(?:tarde|cedo|longe|caro) demais|muito tarde|muito cedo",
        unable=phrases(
            "posso pode podemos consigo consegue sei entendo "
            "percebo lembro encontro encontrar vejo certeza acho "
            "funciona funcionam chegou recebi chegaram"
        ),
        wanting=phrases("quero queremos quer queria quis preciso"),
        subjects=phrases("eu estou esta estao foi e sao era tenho tem"),
        lacking_re=r"nao te[nm]\w*|sem",
    ),
    cues=SentenceCues(
        ands=phrases("e tambem", "e tambem|e depois"),
        greetings=phrases(
            "ola oi alo",
            "bom dia|boa tarde|boa noite|tudo bem|como vai",
        ),
        farewells=phrases(
            "tchau adeus",
            "ate logo|ate amanha|ate breve|ate mais",
        ),
        what=phrases(
            "que quando onde quem qual quais quanto quanta quantos quantas porque",
            "por que|o que",
        ),
        how=phrases(
            "como",
        ),
        whether=phrases(
            "e sao esta estao pode posso podem ha tem tens temos devo",
        ),
        commands=phrases(
            "da me mostra mostre diga cancela cancele reserva reserve envia envie para pare "
            "procura abre fecha ajuda ajude muda mude adiciona explica explique tira tire",
        ),
        polite=phrases(
            "por favor e entao ok ola",
        ),
        prepositions=phrases("a em no na com de para por"),
    ),
    answers=AnswerWords(
        name_lead_re=r"aqui (?:e|fala) ?(?:o|a)?|(?:ola|oi|sim|bom dia)|(?:o )?meu nome e|(?:me chamo|"
        r"chamo-me|eu sou|"
        r"sou(?: [oa])?)|(?:este e|esta e|pode me chamar de|nome:?)"
        r"|(?:e )?para (?:[oa] )?(?:(?:meu|minha) (?:filho|filha|mulher|esposa|marido|mae|pai|amigo|amiga))?"
        r"|(?:[oa] )?(?:meu|minha) (?:filho|filha|mulher|esposa|marido|mae|pai|amigo|amiga)|"
        r"(?:ele|ela) se chama",
        name_tail_re=r"por favor|obrigad[oa]",
        particles=phrases("de do da dos das e van von"),
        no_names=phrases(
            "tanto faz cansado cansada pronto pronta perdido perdida "
            "sim nao ok que quem por como quando onde nada ninguem nunca talvez "
            "ajuda parar cancelar eu tu voce ele ela me meu "
            "nome obrigado obrigada ola oi desculpe bem"
        ),
        night_re=r"noites?",
        out_of_re=r"de|em|/",
        to_re=r"a|ao|as|ate(?: ao?| as)?",
        after_re=r"depois (?:d[aeo]s?)|a partir (?:d[aeo]s?)|desde(?: as?)?|apos(?: as)?",
        before_re=r"antes (?:d[aeo]s?)|ate(?: ao?| as)?",
        how_many_re=r"quant[oa]s",
        none_re=r"nenhuma?(?: vez)?|nem uma?(?: vez)?|nunca|ninguem",
        days_a_week_re=r"(?:dias?|vezes) (?:por|na|da|a) semana",
        every_day_re=r"todos os dias|todo dia|todo o dia|cada dia|diariamente|todos",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:sim|ok|nao) mas(?: melhor| antes)?|nao prefiro|nao esper[ae]|esper[ae] nao"
        r"|nao nao|quer dizer|quero dizer|queria dizer|quis dizer|alias|me enganei"
        r"|enganei me|errei|correcao|mud(?:a|e) para|ou melhor|nao melhor|melhor dizendo"
        r"|mudei de ideias?|retifico",
        setting_re=r"que sejam?|digamos|ponha",
        no_re=r"nao",
        hinting_re=r"melhor|na verdade|esper[ae]|afinal|prefiro|desculp[ae]|ops|nao(?=\s*[,.!])",
        opening_re=r"oh|ah|eh|h+m+|bom",
        being_re=r"e|era|seria|deve ser",
        relative_re=r"mais|menos|antes|depois(?! de amanha)|outr[oa]s",
    ),
    function_words=phrases(
        "eu meu minha nós você os as um uma do dos da das no na com são estou tenho posso pode quero gostaria"
    ),
    synonyms=groups(
        """
        cancel anul desmarc desist|nao posso ir
        mudar remarc adi alter troc outr|outro dia|outra hora|mais tarde
        compr encomend pedid
        devol reembols estorn|dinheiro de volta
        perd|nao encontro|nao acho
        roub furt
        quebr avari defeit danific estrag|nao funciona
        problema erro falha
        recus neg falh
        esper atras demor lent|ainda nao
        cheg entreg envi receb
        rastre estado onde|onde esta
        encomenda pacote
        preco cust tarifa quanto
        desconto cupom
        fatura recibo conta
        levant sac
        pin senha codigo
        telemovel celular telefone
        abert abr horario hora
        endereco onde morada|como chego
        consulta marc reserv
        medico doutor
        doente febre gripe tosse
        dor doi
        remedio receita
        pessoa humano atendente alguem
        lig contact
        reclam queixa
        ola oi bom
        ferias folga
        voo aviao
        bagagem mala
        comboio trem
        hotel quarto
        comer menu
        tamanho grande pequen
        internet wifi
        contrato assinatura
        renov prolong
        regist inscrev
        crianca filh
        cao cachorro gato
        estrangeiro viag
        duplicad duas
        desconhecid fraude
        urgente rapido
        """
    ),
    small_talk={
        "fragments": sentences(
            "o quê|quê|quando|onde|quem|por quê|como|qual|aqui|aí|ali|lá|ótimo|bem|mal|muito|muitos|"
            "um pouco|alguns|a maioria|nada|nada de especial|alguma coisa|outra coisa|tudo|todos|"
            "ninguém|outra pessoa|sério|nem por isso|talvez|provavelmente|nunca|sempre|às vezes|"
            "frequentemente|todos os dias|uma vez por semana|duas vezes|o primeiro|o último|o outro|"
            "os dois|ambos|nenhum|nenhum dos dois|não faço ideia|não sei|depende|mais ou menos|"
            "não muito|uns cinquenta|tanto faz|não importa|qualquer um|esse|este|assim|porque sim|"
            "e daí|e depois|e agora|o que mais|eu também|ainda não|mais tarde|acho que sim|"
            "é complicado|não tenho certeza|não me lembro|esqueci|não sei de cor|não tenho aqui|"
            "dá para fazer sem|não está lá|não encontro|não vejo|não há nada|como eu disse|já disse|"
            "faz isso|continua|próximo|mais|está bem então"
        ),
        "repetition": sentences(
            "repete|pode repetir|outra vez por favor|o que você disse|desculpa o quê|não entendi|"
            "não percebi|não compreendo|o que quer dizer|o que significa isso|explica|"
            "qual era a pergunta|hã"
        ),
        "presence": sentences(
            "você está aí|estás aí|ainda está aí|tem alguém aí|alô|está me ouvindo|"
            "por que não responde|por que demora tanto|responde|está a ouvir-me"
        ),
        "pauses": sentences(
            "deixa eu ver|deixe-me verificar|deixa-me pensar|um momento|um momento por favor|"
            "um segundo|só um minuto|espera|espere|tenho que ver|preciso pensar|já volto|voltei|"
            "estou procurando|vou perguntar à minha mulher|estou ocupado"
        ),
        "complaints": sentences(
            "isso é estúpido|isso é ridículo|é uma perda de tempo|que chato|isso não faz sentido|"
            "está errado|não foi isso que perguntei|não era isso que eu queria dizer|isso não ajuda|"
            "você é inútil|você é burro|você não me entende|é brincadeira|está falando sério|"
            "estou com raiva|odeio isso|isso é horrível|merda|cala a boca|vai embora|me deixa em paz|"
            "idiota|perguntas demais|por que pergunta|por que quer saber|não é da sua conta"
        ),
        "praise": sentences(
            "bom trabalho|muito bem|perfeito|maravilhoso|que rápido|isso ajudou|gostei|gosto de você|"
            "eu te amo|que simpático|você é engraçado|haha|kkk|uau|interessante|bom saber|entendo|"
            "entendi|está claro"
        ),
        "greetings": sentences("olá|oi|bom dia|boa tarde|boa noite|olá de novo"),
        "farewells": sentences("adeus|tchau|até logo|até breve|tenha um bom dia|é só isso"),
        "thanks": sentences("obrigado|obrigada|muito obrigado|valeu|obrigado pela ajuda|de nada"),
        "wellbeing": sentences(
            "como você está|tudo bem|como vai|como está|e aí|estou bem|estou cansado|estou entediado|"
            "estou triste|estou com fome|o meu dia foi terrível"
        ),
        "identity": sentences(
            "quem é você|o que você é|você é um robô|você é humano|você é real|como você se chama|"
            "qual é o teu nome|quantos anos você tem|onde você mora|quem te criou|"
            "você tem sentimentos|o que você sabe fazer"
        ),
        "time": sentences("que horas são|que dia é hoje|qual é a data de hoje"),
        "weather": sentences(
            "como está o tempo|vai chover amanhã|está chovendo|está frio lá fora|está muito calor"
        ),
        "chat": sentences(
            "conta uma piada|conta uma história|me faça rir|canta uma música|você gosta de música|"
            "você gosta de mim|quer casar comigo|qual é o sentido da vida|vamos falar de outra coisa|"
            "tenho uma pergunta|posso perguntar uma coisa|o que você acha disso|só estou testando|"
            "isto é um teste|meu nome é João|moro numa aldeia|sou da Itália|minha mãe me disse|"
            "o meu cão está doente|tenho dois filhos"
        ),
        "world": sentences(
            "quem ganhou o jogo|quem é o presidente|qual é a capital da França|toca uma música|"
            "acende a luz|recomenda um filme|o que cozinho hoje à noite|como se faz um bolo|"
            "traduz isso para inglês|quanto é dois mais dois|onde compro sapatos|"
            "como chego ao aeroporto|o que está passando na tv|leia as notícias|"
            "põe o despertador para as seis|preciso ir ao cabeleireiro|"
            "onde fica o supermercado mais próximo"
        ),
    },
)
