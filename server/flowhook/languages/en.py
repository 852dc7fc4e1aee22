"""English."""

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
    "zero|nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen|forteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty|fourty fifty sixty seventy eighty ninety|ninty"

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0) | counted(_TENS, 20, 10),
        scales={"hundred": 100, "hundreds": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
        | {"grand": 1000, "k": 1000, "dozen": 12, "dozens": 12, "millions": 10**6, "mio": 10**6}
        | {"mn": 10**6, "bn": 10**9, "trillion": 10**12, "mill": 10**6, "mln": 10**6, "mil": 10**6},
        fraction_join_re=r"and",
        abbreviations=frozenset(["mill", "mio", "mln", "mn", "bn", "mil"]),
        articles=frozenset({"a", "an"}),
        groups={"couple": 2, "pair": 2},
        special={"once": 1, "twice": 2},
        fractions={"half": 0.5, "halves": 0.5, "quarter": 0.25, "quarters": 0.25, "thirds": 1 / 3}
        | {"fourths": 0.25, "fifths": 0.2, "sixths": 1 / 6, "eighths": 0.125, "tenths": 0.1},
        ordinal_fractions={"third": 1 / 3, "fifth": 0.2, "sixth": 1 / 6, "eighth": 0.125, "tenth": 0.1}
        | {"hundredth": 0.01, "hundredths": 0.01},
        and_half_re=r"and (?:a|one) half",
        half_a_re=r"half (?:an?|of an?)|half",
        minus_re=r"minus|negative",
        joins=frozenset({"and"}),
        ordinals=counted(
            "first second third fourth fifth sixth seventh eighth|eigth ninth tenth eleventh twelfth "
            "thirteenth "
            "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth "
            "twenty-first|twentyfirst "
            "twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh "
            "twenty-eighth "
            "twenty-ninth thirtieth thirty-first"
        ),
        ordinal_end_re=r"st|nd|rd|th",
        last_re=r"last",
        half_hour_re=r"past|\d",
        label_re=r"option|number|no|num|choice",
        no_number_re=r"th(?:is|at|e)|which|any|no|every|each|another|last|next|big|small|large|other"
        r"|same|new|old|huge"
        r"|first|second|third|right|wrong|good|only|medium",
        picking_articles=phrases("the"),
        picking=phrases(
            "gimme very "
            "pls plz guess suppose d should probably definitely maybe sounds good "
            "the i d id ll ill m would want wanna like take choose pick have go for with please thanks "
            "thank you give me ok okay yes well hm then let s make it that is be prefer to think maybe"
        ),
        picked=phrases(
            "one ones option choice answer item entry possibility of them these those from on in list"
        ),
        decimal_re=r"point|dot|decimal",
        decimal_zero_re=r"oh|o",
        before_decimal_re=r"is|it's|about|around|only|just|minus|approximately|roughly|zero",
        either_re=r"or|between|i mean|no wait|wait|actually|make that|instead|rather|either",
        alternative_re=r"up to and including|to and including|"
        r"maybe|perhaps|possibly|or better|or perhaps|at most|max|"
        r"or|to|and|till|until|through|thru|or maybe|or even|up to|or rather",
        bound_re=r"from|starting (?:from|at)|"
        r"more than|less than|fewer than|at least|at most|up to|no more than|no less than"
        r"|over|under|above|below|exceeding|(?:a )?minimum(?: of)?|(?:a )?maximum(?: of)?|max|upwards of",
        limit_re=r"at the (?:very )?(?:earliest|latest)(?: on| by| at)?|earliest|latest|"
        r"(?:sooner|earlier|later) than|"
        r"any (?:day|time|date) (?:from|since|after|before)|"
        r"(?<!quarter )(?<!half )(?:before(?! yesterday| last)|after(?! tomorrow| next)|earlier than"
        r"|later than)",
        limit_after_re=r"at the (?:earliest|latest|very latest|very earliest)|or (?:later|earlier|"
        r"after|before|sooner)|earliest|latest",
        bound_after_re=r"something|odd|or something|"
        r"or more|or less|or fewer|and up|and over|and above|minimum|maximum|max|tops"
        r"|at most|at least|upwards|or higher|or lower|or under|or over|plus",
    ),
    dates=DateWords(
        months=counted(
            "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug "
            "september|sept|sep "
            "october|oct november|nov december|dec"
        ),
        weekdays=counted(
            "monday|mon|mondays tuesday|tue|tues|tuesdays wednesday|wed|weds|wensday|wednesdays "
            "thursday|thu|thur|thurs|thursdays "
            "friday|fri|fridays saturday|sat|saturdays sunday|sun|sundays",
            0,
        ),
        relative_days={
            "(?:the )?day after tomorrow|overmorrow": 2,
            "tomorrow|tomorow|tommorow|tommorrow|tmrw|tmr|2morrow|2moro|2mrw": 1,
            "today|tonight|this (?:morning|afternoon|evening|noon)": 0,
            "(?:the )?day before yesterday": -2,
            "yesterday|last night": -1,
        },
        holidays={
            "christmas eve|xmas eve": (12, 24),
            "christmas(?: day)?|xmas": (12, 25),
            "boxing day": (12, 26),
            "new year'?s eve": (12, 31),
            "new year'?s(?: day)?": (1, 1),
            "valentine'?s(?: day)?": (2, 14),
            "hallowe'?en": (10, 31),
        },
        next_re=r"nxt|nex|"
        r"next|the following",
        next_is_week_after=True,
        this_re=r"this(?: coming)?|coming|the coming",
        last_re=r"last|past",
        week_re=r"week",
        weekend_re=r"week-?end",
        month_re=r"month",
        year_re=r"year",
        of_re=r"of(?: the)?|in",
        the_re=r"the",
        day_end_re=r"st|nd|rd|th",
        month_first=True,
        end_of_month_re=r"(?:the )?end of (?:the|this) month",
        ahead_re=r"in|within",
        ahead_after_re=r"from (?:now|today)|later|hence",
        ago_after_re=r"ago|earlier",
        weekday_lead_re=r"on",
        weekday_of_re=r"of",
        weekday_gap_re=r"the|on",
        weekend_lead_re=r"(?:at|on|over) the",
        day_stands_alone=True,
        since_re=r"since",
        week_from_re=r"a week on|a week from",
        weekday_week_re=r"week(?! (?:after|before|day))",
        later_re=r"after|from|following",
        sooner_re=r"before",
        vague_re=r"(?:or|and) the (?:one|week|next) after|(?:a fortnight|(?:two|three|four|\d+) "
        r"weeks?) on \w+day|"
        r"(?:two|three|four|five|\d+) \w+days (?:from (?:now|today)|ago|later|on)|"
        r"(?:the )?(?:next|second)(?:[ -]to[ -]last| last) \w+day|(?:the )?penultimate "
        r"\w+day|(?:the )?\w+day before last|(?:a |one )(?:week|fortnight) (?:tomorrow|today)|"
        r"(?:tomorrow|today) (?:week|fortnight)|(?:the )?week (?:of|beginning|commencing|starting)|"
        r"(?:a )?fortnight on \w+day|(?:or|and) the (?:day after|next day|following day)(?! tomorrow)|"
        r"(?:the )?(?:first|second|third|last) (?:week|half|weekend|days) (?:of|in)|"
        r"(?:the )?(?:week-?end|week|month|year|\w+day) after next|(?:the )?(?:end|beginning"
        r"|start|middle) of (?:the )?(?:next|last|coming) (?:week-?end|week|month|year)"
        r"|(?:the )?(?:end|beginning|start|middle) of (?:the |this )?(?:week|year)"
        r"|(?:the )?(?:beginning|start|middle) of (?:the |this )?month|(?:early|late|mid) (?:next"
        r"|this|last) (?:week|month|year)|(?:early|late|mid)-? ?(?:january|february|march|april|may"
        r"|june|july|august|september|october|november|december)",
    ),
    times=TimeWords(
        at_re=r"at|by|around|about|from|before|after|until|till|@|starting at|at about|at around",
        has_re=r"for|have|takes|within",
        oclock_re=r"o'? ?clock(?: sharp)?|hrs|hours sharp|sharp",
        noon_re=r"(?:12 )?noon|midday|twelve noon",
        midnight_re=r"(?:12 )?midnight|twelve midnight",
        now_re=r"(?:right )?now|immediately|straight away|right away",
        clock={
            "half past {h}": (30, 0),
            "half {h}": (30, 0),
            "(?:a )?quarter past {h}|(?:a )?quarter after {h}": (15, 0),
            "(?:a )?quarter (?:to|of|till|before) {h}": (-15, 0),
            "{m}(?: minutes?| mins?)? (?:past|after) {h}": (0, 1),
            "{m}(?: minutes?| mins?)? (?:to|till|before) {h}": (0, -1),
            "{h} (?:thirty)": (30, 0),
            "{h} (?:fifteen)": (15, 0),
            "{h} (?:forty[ -]?five)": (45, 0),
            "{h} (?:twenty)": (20, 0),
            "{h} (?:ten)": (10, 0),
        },
        day_parts={
            "(?:early |late )?(?:in the |this )?morning|in the early hours": "morning",
            "(?:early |late )?(?:in the |this )?afternoon": "afternoon",
            "(?:early |late )?(?:in the |this )?evening|tonight": "evening",
            "at night|night": "night",
        },
        filler_re=r"at|by|around|about|on|the|in|of|for|from|next|this|and|please|sharp|exactly|maybe|t|@",
        afternoon_until_six=True,
        counted_re=r"points?|moments?|stages?|friends?|of (?:my|our|the|them|us)|items?|children|kids|"
        r"adults|nights?|stars?|tickets?|rooms?|pizzas?|seats?|places?|stops?|addresses|occasions?|"
        r"eur|euros?|dollars?|people|persons?|guests?|km|kg|years?|days?|hours?|minutes?"
        r"|weeks?|months?"
        r"|percent|degrees|pieces|times",
        range_re=r"from|between",
        to_hour_re=r"to|till",
    ),
    units=UnitWords(
        seconds={
            "seconds?|secs?|s": 1,
            "minutes?|mins?|minuets?|m": 60,
            "hours?|hrs?|h": 3600,
            "days?|d": 86400,
            "weeks?|wks?|w": 604800,
            "fortnights?": 1209600,
            "months?": 2592000,
            "years?|yrs?": 31536000,
        },
        spans={
            r"(?:a |one )?quarter (?:of )?(?:an? )?hour": 900,
            r"(?:a |one )?quarter of an hour": 900,
            r"three[ -]quarters of an hour": 2700,
        },
        and_re=r"and",
        percent_re=r"%|percent|per cent|pct",
        degree_re=r"°|degrees?|deg",
        distances={
            "kilomet(?:er|re)s?|kms?|klicks?": "kilometre",
            "centimet(?:er|re)s?|cms?": "centimetre",
            "millimet(?:er|re)s?|mms?": "millimetre",
            "met(?:er|re)s?|m": "metre",
            "miles?|mi": "mile",
            "yards?|yds?": "yard",
            "foot|feet|ft": "foot",
            "inch|inches|in": "inch",
            "nautical miles?|nmi": "nautical mile",
        },
        money={
            "euros?": "EUR",
            "(?:us |american )?dollars?|bucks?": "USD",
            "canadian dollars?": "CAD",
            "australian dollars?": "AUD",
            "pounds?(?: sterling)?|quid": "GBP",
            "(?:swiss )?francs?": "CHF",
            "(?:japanese )?yens?": "JPY",
            "rupees?": "INR",
            "yuans?|renminbi": "CNY",
            "zlotys?": "PLN",
        },
        cents_re=r"cents?|ct|pence|p|penny|pennies",
        ages={"years?|yrs?|yo|y/o": "year", "months?": "month", "weeks?": "week", "days?": "day"},
        old_re=r"olds?|of age|age",
        i_am_re=r"i am|i'm|im|aged?|my age is|age:|(?:he|she) is|turning",
        only_re=r"only|just|now",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "ye yea yess "
            "yes y yeah yea yep yup yah ya sure ok okay k correct right true definitely absolutely "
            "certainly exactly affirmative agreed indeed totally gladly fine alright perfect great "
            "confirmed confirm aye okey roger yas deal agree",
            "indeed i do|that's a yes|i said yes|i already said yes|i'm afraid so|"
            "that's a yes from me|it's a yes from me|it's a yes|yes that's me|"
            "i do indeed|that is fine|fine thanks|i believe so|i'd love to|i would love to|sure do|"
            "that'd be great|that would be great|count me in|i'm in|"
            "of course|go ahead|please do|that's right|thats right|that is right|why not|sounds good|"
            "all right|go for it|i do|i am|i would|i will|i think so|i guess so|do it|let's do it|"
            "for sure|by all means|not bad|no problem|no objections|it is|that's correct|"
            "thats correct|that is correct|you bet|with pleasure|very much|uh huh|i agree|sure thing|"
            "works for me|no doubt|without a doubt|without doubt|no doubt about it|fine by me|"
            "fine with me|i guess|i suppose|i suppose so|hell yeah|hell yes|heck yeah|"
            "heck yes|oh yes|that works|"
            "not a problem|sounds fine|sounds great|that's fine|thats fine|it's fine|that's ok|"
            "that's okay|it's ok|okey dokey|you're right|ok by me|okay by me|ok with me|good by me|"
            "yes sir|i reckon|i reckon so|definitely yes|works for us|be my guest|too right|"
            "damn right|as you wish",
        ),
        no=phrases(
            "no n nope nah not never wrong false negative incorrect disagree nay neither none don't dont",
            "not that i can think of|not that i remember|that's false|thats false|not quite|"
            "not entirely|not exactly|"
            "not anymore|not any more|that's a no|that is a no|i said no|i already said no|it's a no|"
            "it's a no from me|that's a no from me|no thank you i'm fine|no thanks i'm fine|"
            "no thanks i'm good|no thank you i'm good|i'm good thanks|i'm fine thanks|"
            "i don't have any|i do not have any|"
            "not that i know|not that i know of|not that i'm aware|not that i'm aware of|"
            "not to my knowledge|not as far as i know|no need|there's no need|i have none|"
            "none that i know of|not in the slightest|i'll pass|not likely|not a chance|"
            "no not really|"
            "not really|do not|not at all|no way|not yet|not now|i don't|i dont|i do not|"
            "i'd rather not|rather not|i am not|i'm not|certainly not|of course not|absolutely not|"
            "definitely not|better not|i don't think so|i dont think so|not correct|not right|"
            "that's wrong|that is wrong|not ok|not okay|no chance|not today|no more|i would not|"
            "i wouldn't|please don't|please dont|i guess not|i think not|i suppose not|hell no|"
            "i won't|i wont|i will not|i disagree|i can't|i cannot|i cant|it isn't|it's not|"
            "it is not|that isn't|not this time|not for me|i'm afraid not|i don't agree|"
            "i do not agree|no good|not good|not fine|not true|we don't|we do not|i haven't|"
            "i have not|by no means|out of the question",
        ),
        begins_yes=phrases(
            "yes yeah yea yep yup sure okay ok absolutely definitely yas",
            "of course|why not|go ahead|yes please|no problem|no doubt|hell yeah|hell yes|"
            "heck yeah|heck yes|fine by me|"
            "i guess so|without a doubt|not a problem|i think so",
        ),
        begins_no=phrases(
            "no nope nah never don't",
            "not really|of course not|no thanks|no thank you|certainly not|absolutely not|"
            "definitely not|i don't|please don't|do not|not now|not yet|i won't|i will not|hell no|"
            "i disagree|i'm afraid not|i guess not|i think not",
        ),
        polite=phrases(
            "unfortunately sadly alas sorry honestly actually luckily fortunately "
            "please thanks thank you so much oh well hm hmm um uh ah then",
        ),
        approval=phrases(
            "right correct good ok okay okey fine true great happy alright acceptable agree possible "
            "perfect cool",
        ),
        approving=phrases(
            "think believe "
            "that's thats that is isn't isnt it's its it i'm im i am not no don't dont do does "
            "doesn't doesnt won't wont can't cant this for me with really so very quite too all at "
            "totally completely exactly entirely sounds sound look looks seem seems a the absolutely "
            "definitely sorry unfortunately was wasn't be feel nope",
        ),
        unsure_re=r"(?:do not|don't|dont) (?:really )?mind|no matter|beats me|no preference|(?:have|"
        r"need) to (?:think|check|ask)|let me (?:think|check|ask)|sort of|kind of|kinda|"
        r"(?:do not|don't|dont|didn't|didnt|did not|can't|cant|cannot|couldn't|could not"
        r"|wouldn't|would not|not|never) (?:\w+ ){0,2}?(?:know|understand|remember|recall|follow"
        r"|care|tell|say|decide|get it|get that|get the question|have (?:a |any |an "
        r"|the )?(?:clue|idea)|sure|certain)|dunno|idk|no (?:idea|clue)|not a clue|unsure"
        r"|uncertain|undecided|maybe|perhaps|possibly|depends|depending|who knows|hard to say"
        r"|what do you mean|either way|whatever",
    ),
    negation=Negation(
        negators=phrases(
            "no not without never neither nor dont doesnt didnt isnt arent wasnt wont cant cannot "
            "couldnt wouldnt shouldnt hasnt havent minus excluding excl skip unable nobody none "
            "hardly hate dislike detest loathe"
        ),
        light=phrases(
            "my colour color favourite favorite taste style "
            "i im you he she it we they me my us him her them this that these there is are am was "
            "were be been being do does did can could will would shall should may might must have "
            "has had having want wants wanted like need come go make made get take see meet work "
            "works working suit suits fit fits possible good great well ok okay fine available free "
            "time really quite very so too either any at all the a an of on in by to for with from "
            "and just sorry afraid unfortunately sadly s t ll d m re ve please anymore today then "
            "day date option one again anyone if whether think guess feel going able choose pick "
            "book order eat drink ever actually itll"
        ),
        joins=phrases("or nor and any the a an of on at in"),
        turns=phrases("but instead rather though"),
        bounds=phrases("before after until till later earlier than"),
        harmless_re=r"not only|not just|why (?:not|don't)|why don't (?:we|you|i)|no problem|not a problem"
        r"|isn't a problem|no worries|no doubt|without (?:a )?doubt|not bad|(?:don't|do not"
        r"|never) forget|(?:don't|do not|wouldn't|would not) mind|can't wait|can not wait"
        r"|nothing against|no objections?|no matter|not without|(?:can't|cannot|can not"
        r"|don't) \w+ without|no idea|isn't it|aren't you|doesn't it|won't you"
        r"|don't you(?= think)|no preference|no rush|no hurry|if not|or not|not later|not sooner"
        r"|no later|no sooner",
        except_re=r"forget about|unless(?: it's| it is)?|avoid(?:ing)?|skip(?:ping)?|steer clear of|"
        r"except(?: for| on)?|excepting|other than|apart from|aside from|instead of|rather than"
        r"|with the exception of|(?:any|every|all|everything|anything|whatever|any\w+"
        r"|every\w+)(?: \w+)? but(?: not)?|excluding",
        unfit_re=r"absent|"
        r"on (?:holiday|holidays|vacation|leave)|out of (?:town|office)|nightmare|forget it|"
        r"no chance|"
        r"(?:is|are|'s) (?:fully booked|sold out|packed|off the table|out of the question)|"
        r"out of the question|off the table|"
        r"impossible|(?:is|are|'s) (?:out|off|bad|terrible|unavailable|taken|busy|full)"
        r"|too (?:late|early|soon|far|much|many|little|long|short|expensive|big|small)"
        r"|busy|booked(?: up)?|unavailable|closed|(?:am|i'm|we're) (?:away|out|off)",
        unable=phrases(
            "can cant cannot could couldnt able unable know "
            "knew understand remember find found see sure think recall "
            "work works worked working receive received receiving arrive arrived come came open opens "
            "opening load loads let"
        ),
        wanting=phrases("want wanted wanna wish like rather mean meant intend plan need"),
        subjects=phrases(
            "i he she they we is are was were has have had am did does didnt doesnt isnt "
            "arent wasnt werent hasnt havent hadnt wont wouldnt cant cannot"
        ),
        lacking_re=r"(?:do not|don'?t|doesn'?t|does not|didn'?t|did not|never) (?:\w+ )?have(?! to)"
        r"|ha(?:ve|s) (?:no|never)",
    ),
    cues=SentenceCues(
        ands=phrases("and also plus", "and also|and then"),
        greetings=phrases(
            "hi hello hey hiya howdy greetings yo hullo",
            "good morning|good afternoon|good evening|good day|hi there|hello there|hey there|"
            "how are you|how do you do|what's up",
        ),
        farewells=phrases(
            "bye goodbye cya farewell cheerio",
            "see you|see ya|good night|bye bye|good bye|take care|so long|have a nice day|"
            "see you later|see you soon",
        ),
        what=phrases(
            "what whats when where wheres who whos whom whose which why",
        ),
        how=phrases(
            "how hows",
        ),
        whether=phrases(
            "do does did is are am was were can could will would shall should may might must "
            "have has had isn aren don doesn didn can't couldn won wouldn shouldn hasn haven",
        ),
        commands=phrases(
            "give show tell cancel book order send bring get make open close start stop find "
            "search call change set add remove delete let go take put buy help connect transfer "
            "check repeat say read explain list update block unblock activate reset turn switch "
            "remind play describe forget leave",
        ),
        polite=phrases(
            "please pls and so well ok okay then just now kindly hey hi hello",
        ),
        prepositions=phrases("at in on for from to with by about of"),
    ),
    answers=AnswerWords(
        name_lead_re=r"(?:my|the) name's|every(?:one|body) calls me|people call me|"
        r"(?:hi|hello|hey|well|oh|yes|sure|ok)|(?:my|the|his|her|their|our)(?: "
        r"(?:full|first|last))? names? (?:is|are)"
        r"|(?:i am|i'm|im)(?: called)?|(?:this is|it is|it's|its|that is|that's|call me|they "
        r"call me|you can call me|name is|name:?)"
        r"|(?:it's |it is )?for (?:my (?:son|daughter|wife|husband|mother|father|mom|dad|"
        r"child|friend|partner|boss))?"
        r"|my (?:son|daughter|wife|husband|mother|father|mom|dad|child|friend|partner)",
        name_tail_re=r"please|thanks|thank you|here|speaking|is my name|is the name",
        particles=phrases("de von van der la le da di of bin al"),
        no_names=phrases(
            "hungry tired busy lost confused sick ready done here back new interested sorry afraid "
            "happy unhappy angry worried late stuck unsure "
            "yes no ok okay what who why how when where nothing none nobody "
            "never mind maybe later help "
            "sure stop cancel i you it me my not don't dont name please thanks hello hi hey "
            "sorry good fine well looking "
            "calling interested here busy happy just the a an new old not"
        ),
        night_re=r"nights?",
        out_of_re=r"out of|of|from|/",
        to_re=r"to|till|until|through|thru",
        after_re=r"after|from|later than|past|not before|starting|since",
        before_re=r"before|until|till|by|up to|earlier than|not after",
        how_many_re=r"how many|how often",
        none_re=r"none(?: at all| of them)?|not (?:one|any|a single one|at all|once)|never|nobody|no one",
        days_a_week_re=r"(?:days|times) (?:a|per|each|every|in a|of the) week"
        r"|how often[^.?!]{0,60}(?:a|per|each|every|in a) week",
        every_day_re=r"every (?:single )?day|each day|daily|all of them|every day of the week|all days",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:yes|yeah|yep|ok|okay|sure|no|nope) but(?: rather| please)?"
        r"|(?:no|nope) (?:rather|actually|better|instead|i'd rather)"
        r"|(?:no|wait|actually|oh|sorry|hmm) make (?:it|that)|no wait|wait no|oh wait"
        r"|no no|no sorry|sorry no|i mean|i meant|i meant to say|i should have said"
        r"|correction|scratch that|change (?:it|that|this) to|on second thoughts?"
        r"|i changed my mind|i've changed my mind|i was wrong|my mistake|that was wrong",
        setting_re=r"(?:let'?s )?make (?:it|that)|let'?s say",
        no_re=r"no|nope|nah",
        hinting_re=r"actually|rather|or rather|i'd rather|wait|instead|better|preferably|sorry|oops"
        r"|(?:no|nope)(?=\s*[,.!])",
        opening_re=r"oh|ah|h+m+|uh|um|er|well",
        being_re=r"is|was|should be|must be|is really|is actually",
        relative_re=r"later|earlier|sooner|before|after(?!.?tomorrow)|more|less|fewer|extra|another"
        r"|additional",
    ),
    function_words=phrases(
        "i me my we our us you your it its a an the to of in on at for from with by as and or is "
        "are am was were be been do does did have has had can could will would want like need "
        "please some any"
    ),
    synonyms=groups(
        """
        cancel cancell cancellation abort annul terminat revok withdraw undo discontinu|call off|back out
        stop halt quit end ends ending
        move reschedul postpon shift|put off|push back|another time|different time|different day|another day|\
            make it later|do it later|make it earlier|do it earlier|monday instead|tuesday instead|\
            wednesday instead|thursday instead|friday instead|saturday instead|sunday instead|\
            tomorrow instead|next week instead
        chang alter modif edit adjust updat amend correct switch swap replac
        buy purchas order orders ordering ordered get getting|place an order
        return refund reimburs|money back|send back|give back|get back|take back|paid back
        lost lose losing missing mislaid misplac|cannot find|can not find|gone missing
        stole stolen steal theft robbed robber pickpocket snatch|been taken|got taken
        broken broke damag crack torn faulty defect smash shatter ripped
        fail failed failing failur declin reject refus denied|not work|not accepted|did not go|went wrong
        problem issue trouble error fault bug wrong difficult glitch mistake
        late delay overdue slow waiting wait waited|taking long|so long|still not|not yet|not arrived|has not
        arriv deliver deliver shipped shipping ship receiv come coming came reach|turn up|show up|get here
        track locat status whereabouts|where is|where are
        parcel packag shipment deliver courier post mail
        order orders purchase
        fee fees charg cost costs price prices pric expens rate rates tariff|how much
        free gratis|no charge|without cost|at no cost
        cheap discount voucher coupon promo reduc rebate offer
        bill invoice statement receipt
        pay paid paying payment pays settle
        money cash funds fund
        card cards debit visa mastercard credit plastic
        account accounts profile
        balance saldo|how much money
        transfer wire remit send sent sending
        deposit topup|top up|topping up|topped up|add money|pay in|put money|load money
        withdraw withdrew withdrawal atm cashpoint|cash machine|take out|get cash|cash out|money out
        exchang convert conversion currency currencies forex|foreign currenc
        pin passcode password passphrase code codes
        phone mobile cell smartphone telephone|cell phone
        app application
        open opening start begin launch
        close closing closed shut shuts
        hours schedul timetabl|opening times|opening hours|what time|business hours
        address location located directions|where are you|how do i get|find you
        appointment booking reservation slot visit|see the doctor
        book booked reserv arrang schedul|make an appointment|set up|fit me in|squeeze me in|\
            like to come in|can i come in|come in for|anything free|something free
        doctor physician gp dentist practitioner
        ill sick unwell flu fever cold cough disease
        pain hurt hurts ache aching sore
        medicin medicat pill pills tablet drug prescription
        help assist support aid guidanc
        human person agent operator representativ staff colleague advisor somebody|talk to|speak to
        call phone ring callback contact|call me|get in touch
        complain complaint unhappy dissatisf disappoint angry upset terrible awful
        thank thanks thankful grateful appreciat
        hello hi hey greetings
        bye goodbye farewell
        job jobs work employ vacanc career position
        holiday vacation leave|day off|days off|time off
        salary wage wages payslip pay|pay check
        flight fly flying plane airplane aircraft
        luggage baggage suitcase bag bags
        train trains rail railway
        bus coach
        car vehicle auto
        hotel room rooms accommodation lodging
        food meal eat eating dinner lunch menu dish
        drink drinks beverage beer wine
        table seat seats
        size sizes large bigger small smaller fit fits
        colour color
        availab stock|in stock|sold out
        deliver deliver
        internet wifi broadband wlan online|wi fi
        connect connection network signal|no connection
        slow lag laggy buffering speed
        contract subscription subscrib membership plan
        renew extend extension prolong|keep longer|longer
        register registr signup enrol enroll join|sign up|set up an account|create an account
        login signin log-in|log in|sign in|get in
        verif verify identification identit prove proof confirm
        passport licence license id|id card|identity card
        name names surname
        email mail e-mail
        birthday birth born
        child children kid kids son daughter baby
        pet pets dog cat animal animals
        insurance insur cover coverage policy
        claim claims claiming
        block blocked lock locked freez frozen froze disable deactivat suspend
        unblock unlock unfreeze reactivat activat enable|turn on|switch on|set up
        delete remov eras clear|get rid
        show see view display look check
        find search locate|look for|looking for
        know tell inform information explain
        request ask asking apply application
        allow permit permitted possible able
        limit limits maximum max minimum restrict cap
        countr countries abroad foreign overseas international abroad
        travel trip journey holiday
        twice double duplicate|two times|more than once|charged twice
        unknown unfamiliar suspicious strange fraud scam|do not recogni|do not know|did not make|not mine
        safe secure security protect
        forgot forget forgotten|do not remember|do not know
        new another replacement fresh
        old expired expire expir outdated
        urgent urgently emergency asap immediately quick quickly fast soon|right away|right now|as soon as
        today tonight
        wrong incorrect mistaken inaccurat
        pending processing process outstanding unprocessed|in progress|still pending
        success successful complete completed finish finished done
        reason why|how come
        link linked connect attach add
        merchant seller shop store vendor retailer supermarket
        gift present voucher
        rent rental hire lease
        house home flat apartment
        repair fix mend service
        size sizing measurement
        weather rain sunny forecast temperature
        music song songs play
        news headlines
        school course class lesson training
        sport sports gym fitness workout
        """
    ),
    small_talk={
        "fragments": sentences(
            "what|when|where|who|why|how|which one|which ones|here|there|great|good|bad|nice|cool|"
            "many|a lot|a little|a few|some|some of them|most of them|nothing|nothing special|"
            "something|something else|everything|all of it|all of them|nobody|somebody else|really|"
            "not really|maybe|perhaps|probably|never|always|sometimes|often|every day|once a week|"
            "twice|the first one|the last one|the other one|both|both of them|none of them|neither|"
            "none|i have no idea|i don't know|no clue|it depends|more or less|not much|about fifty|"
            "around twenty|i guess|whatever|anything|it doesn't matter|i don't care|that one|"
            "this one|like that|because|because of that|just because|so what|and then|and now what|"
            "then what|what else|what now|me too|same here|not yet|later|in a while|i think so|"
            "it's complicated|i am not sure|i don't remember|i forgot|i don't know it by heart|"
            "i don't have it here|can i do it without|it isn't there|i can't find it|i don't see it|"
            "it's not in there|there is nothing|like i said|i already told you|i have said that|"
            "do it|go ahead|carry on|next|more|ok then|fine by me"
        ),
        "repetition": sentences(
            "say that again|can you repeat that|repeat please|what did you say|pardon|sorry what|"
            "come again|i didn't get that|i did not understand|i don't understand|i don't get it|"
            "what do you mean|what does that mean|what is that supposed to mean|explain that|"
            "can you rephrase that|what was the question|huh"
        ),
        "presence": sentences(
            "are you there|are you still there|is anybody there|anyone there|hello are you there|"
            "still there|can you hear me|do you hear me|why don't you answer|"
            "why does it take so long|answer me|are you listening"
        ),
        "pauses": sentences(
            "let me check|let me see|let me think|let me look it up|one moment|one moment please|"
            "just a second|just a minute|hold on|wait|wait a second|wait please|give me a minute|"
            "give me a moment|i have to look|i'll have a look|i need to think about it|"
            "i'll be right back|brb|i'm back|i am looking for it|i'll ask my wife|i'm busy right now|"
            "talk to you later"
        ),
        "complaints": sentences(
            "this is stupid|that is stupid|this is ridiculous|this is a waste of time|"
            "this is annoying|this makes no sense|that makes no sense|that is wrong|"
            "that's not what i asked|that's not what i meant|this is not helpful|that didn't help|"
            "you are useless|you are stupid|you're not helping|you don't understand me|"
            "you don't get it|what a joke|are you kidding me|are you serious|i am angry|"
            "i am so annoyed|i hate this|i hate you|this is terrible|this sucks|shut up|go away|"
            "leave me alone|idiot|damn|what the hell|wtf|this is boring|too many questions|"
            "why do you ask|why do you want to know|why do you need that|that's none of your business"
        ),
        "praise": sentences(
            "great job|well done|awesome|perfect|wonderful|amazing|that was quick|that was helpful|"
            "very good|i like that|i like you|i love you|that's nice|you are great|you're funny|lol|"
            "haha|wow|interesting|good to know|i see|got it|understood|all clear|makes sense"
        ),
        "greetings": sentences(
            "hi|hello|hey|hello there|hi there|good morning|good afternoon|good evening|good day|"
            "howdy|hello again|greetings"
        ),
        "farewells": sentences(
            "bye|goodbye|bye bye|see you|see you later|see you soon|good night|have a nice day|"
            "take care|that's all|that was all|that's it"
        ),
        "thanks": sentences(
            "thanks|thank you|thank you so much|many thanks|thanks a lot|thx|ty|cheers|"
            "thanks for your help|you're welcome"
        ),
        "wellbeing": sentences(
            "how are you|how are you doing|how is it going|what's up|how do you do|i'm fine|"
            "i am tired|i'm bored|i am sad|i'm happy|i'm hungry|my day was terrible"
        ),
        "identity": sentences(
            "who are you|what are you|are you a robot|are you a bot|are you human|are you real|"
            "what is your name|how old are you|where do you live|who made you|do you have feelings|"
            "what can you do"
        ),
        "time": sentences(
            "what time is it|what's the time|what day is it|what day is today|what's the date today"
        ),
        "weather": sentences(
            "what's the weather like|how is the weather|will it rain tomorrow|is it cold outside|"
            "it is raining|it's so hot today"
        ),
        "chat": sentences(
            "tell me a joke|tell me a story|make me laugh|sing a song|do you like music|"
            "do you like me|will you marry me|what is the meaning of life|"
            "let's talk about something else|can we talk|i have a question|can i ask you something|"
            "what do you think about that|i was just wondering|just testing|test|this is a test|"
            "i just wanted to say something|my name is john|i live in a small town|i am from italy|"
            "my mother told me so|my dog is sick|i have two children"
        ),
        "world": sentences(
            "who won the football match|who is the president|what is the capital of france|"
            "how far is the moon|play some music|turn on the light|recommend a good movie|"
            "what should i cook tonight|how do i bake a cake|translate this into spanish|"
            "what is two plus two|where can i buy shoes|how do i get to the airport|"
            "what's on tv tonight|read me the news|who wrote hamlet|set an alarm for six|"
            "i need a haircut|where is the nearest supermarket"
        ),
    },
)
