"""Ordinary sentences that no bot of a business means anything by: to see whether a flow refuses them.

They are asked, never learned: none is a phrase of a language's small talk, and none ever becomes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flowhook.languages.language import sentences

EVERYDAY: Final[Mapping[str, tuple[str, ...]]] = {
    "en": sentences(
        "over there|quite a few|as usual|I'd rather not tell you|why would you need to know that|"
        "give me five minutes please|my battery is nearly empty|could you speak up a bit|"
        "you already asked me this|I already answered that one|nice to meet you|"
        "you sound like a machine|is this some kind of prank|hang on, someone is at the door|"
        "I have to run, my bus is here|none of that applies to me|well it was a long time ago|"
        "somewhere in the kitchen I think|the blue one on the left|because my sister said so|"
        "whichever is easier|I'm just looking around|hmm let me sleep on it|never heard of it|"
        "no idea what you are talking about|sounds a bit weird to me|"
        "can we start with something simple|who told you that|stop repeating yourself|"
        "this takes forever|what a lovely day|you made my day|we went hiking on Sunday|"
        "my neighbour plays the drums at night|I need to pick up the kids from school|"
        "how many legs does a spider have|which team is leading the league|"
        "the soup was far too salty|is it safe to swim in that lake|"
        "how do I get red wine out of a carpet|who painted the Mona Lisa|my flight leaves at noon|"
        "find me a recipe for pancakes|can cats eat cheese|I broke my arm last winter|"
        "when does the next train to Boston leave|play the latest album by Adele|"
        "what rhymes with orange|how tall is Mount Everest|remind me to water the plants|"
        "my laptop keeps freezing|do you prefer tea or coffee|"
        "I would like a table for two by the window|can you write me a poem about spring|"
        "the printer is out of paper|my grandmother turns ninety this week|"
        "who is your favourite singer|are there any good museums around here|"
        "how long do I boil an egg|is there life on Mars|the stairs are slippery|"
        "I am allergic to peanuts|who invented the telephone|I can't sleep at night|"
        "what are you wearing|buy low, sell high|we should paint the fence green|"
        "did you see the game last night|how do you spell necessary|my car needs new tyres|"
        "the concert was sold out|roses are red|count to ten in Japanese|is the pool heated|"
        "I dropped my phone in the river|it was the butler|where did I park|what's for lunch|"
        "do fish sleep|a dozen or so"
    ),
    "de": sentences(
        "da drüben|ziemlich viele|wie immer|das möchte ich lieber nicht sagen|"
        "wieso brauchst du das überhaupt|gib mir fünf Minuten|das hast du schon mal gefragt|"
        "schön dich kennenzulernen|du klingst wie eine Maschine|es klingelt gerade an der Tür|"
        "ich muss los, mein Bus kommt|das trifft alles nicht zu|das ist lange her|"
        "irgendwo in der Küche glaube ich|der blaue links|weil meine Schwester das so wollte|"
        "ich sehe mich nur um|nie davon gehört|hör auf dich zu wiederholen|das dauert ja ewig|"
        "wie viele Beine hat eine Spinne|die Suppe war viel zu salzig|"
        "wie bekomme ich Rotwein aus dem Teppich|wer hat die Mona Lisa gemalt|"
        "ich muss die Kinder von der Schule abholen|wann fährt der nächste Zug nach Berlin|"
        "wie hoch ist der Mount Everest|erinnere mich daran die Blumen zu gießen|"
        "mein Laptop hängt sich dauernd auf|trinkst du lieber Tee oder Kaffee|"
        "einen Tisch für zwei am Fenster bitte|schreib mir ein Gedicht über den Frühling|"
        "der Drucker hat kein Papier mehr|wie lange kocht man ein Ei|gibt es Leben auf dem Mars|"
        "ich bin gegen Nüsse allergisch|wer hat das Telefon erfunden|"
        "hast du gestern das Spiel gesehen|mein Auto braucht neue Reifen|was gibt es zum Mittagessen"
    ),
    "fr": sentences(
        "là-haut|pas mal de fois|comme d'habitude|je préfère ne pas le dire|"
        "pourquoi as-tu besoin de ça|donne-moi cinq minutes|tu m'as déjà demandé ça|enchanté|"
        "on dirait une machine|quelqu'un sonne à la porte|je dois filer, mon bus arrive|"
        "c'était il y a longtemps|quelque part dans la cuisine|le bleu à gauche|"
        "parce que ma sœur le voulait|je regarde seulement|jamais entendu parler|"
        "arrête de te répéter|combien de pattes a une araignée|la soupe était trop salée|"
        "comment enlever une tache de vin|qui a peint la Joconde|"
        "je dois chercher les enfants à l'école|quand part le prochain train pour Lyon|"
        "quelle est la hauteur de l'Everest|rappelle-moi d'arroser les plantes|"
        "mon ordinateur plante sans arrêt|tu préfères le thé ou le café|"
        "une table pour deux près de la fenêtre|écris-moi un poème sur le printemps|"
        "l'imprimante n'a plus de papier|combien de temps cuire un œuf|y a-t-il de la vie sur Mars|"
        "je suis allergique aux noix|qui a inventé le téléphone|tu as vu le match hier|"
        "ma voiture a besoin de pneus|qu'est-ce qu'on mange à midi|les poissons dorment-ils|"
        "une douzaine environ"
    ),
    "es": sentences(
        "por allá|bastantes veces|como siempre|prefiero no decirlo|para qué necesitas eso|"
        "dame cinco minutos|eso ya me lo preguntaste|encantado de conocerte|pareces una máquina|"
        "están llamando a la puerta|me voy que llega mi autobús|fue hace mucho tiempo|"
        "en algún lugar de la cocina|el azul de la izquierda|porque mi hermana lo quiso|"
        "solo estoy mirando|nunca lo había oído|deja de repetirte|cuántas patas tiene una araña|"
        "la sopa estaba muy salada|cómo quito una mancha de vino|quién pintó la Mona Lisa|"
        "tengo que recoger a los niños del colegio|cuándo sale el próximo tren a Madrid|"
        "qué altura tiene el Everest|recuérdame regar las plantas|mi portátil se cuelga todo el rato|"
        "prefieres té o café|una mesa para dos junto a la ventana|"
        "escríbeme un poema sobre la primavera|la impresora no tiene papel|"
        "cuánto tarda en cocerse un huevo|hay vida en Marte|soy alérgico a las nueces|"
        "quién inventó el teléfono|viste el partido anoche|mi coche necesita ruedas|"
        "qué hay para comer|los peces duermen|una docena o así"
    ),
    "it": sentences(
        "laggiù|parecchie volte|come al solito|preferisco non dirlo|a cosa ti serve saperlo|"
        "dammi cinque minuti|questo me l'hai già chiesto|piacere di conoscerti|sembri una macchina|"
        "suonano alla porta|devo scappare arriva l'autobus|è successo tanto tempo fa|"
        "da qualche parte in cucina|quello blu a sinistra|perché lo voleva mia sorella|"
        "sto solo guardando|mai sentito nominare|smettila di ripeterti|quante zampe ha un ragno|"
        "la zuppa era troppo salata|come tolgo una macchia di vino|chi ha dipinto la Gioconda|"
        "devo prendere i bambini a scuola|quando parte il prossimo treno per Roma|"
        "quanto è alto l'Everest|ricordami di annaffiare le piante|il mio portatile si blocca sempre|"
        "preferisci il tè o il caffè|un tavolo per due vicino alla finestra|"
        "scrivimi una poesia sulla primavera|la stampante ha finito la carta|"
        "quanto deve bollire un uovo|c'è vita su Marte|sono allergico alle noci|"
        "chi ha inventato il telefono|hai visto la partita ieri|la mia macchina ha bisogno di gomme|"
        "cosa c'è per pranzo|i pesci dormono|una dozzina circa"
    ),
    "nl": sentences(
        "daarginds|best vaak|zoals gewoonlijk|dat zeg ik liever niet|waarvoor heb je dat nodig|"
        "geef me vijf minuten|dat heb je al gevraagd|leuk je te ontmoeten|je klinkt als een machine|"
        "er staat iemand voor de deur|ik moet rennen mijn bus komt|dat is lang geleden|"
        "ergens in de keuken denk ik|de blauwe aan de linkerkant|omdat mijn zus dat wilde|"
        "ik kijk alleen maar rond|nooit van gehoord|hou op met jezelf te herhalen|"
        "hoeveel poten heeft een spin|de soep was veel te zout|hoe krijg ik rode wijn uit het tapijt|"
        "wie schilderde de Nachtwacht|ik moet de kinderen van school halen|"
        "wanneer gaat de volgende trein naar Utrecht|hoe hoog is de Mount Everest|"
        "herinner me eraan de planten water te geven|mijn laptop loopt steeds vast|"
        "drink je liever thee of koffie|een tafel voor twee bij het raam|"
        "schrijf een gedicht over de lente|de printer heeft geen papier meer|"
        "hoe lang moet een ei koken|is er leven op Mars|ik ben allergisch voor noten|"
        "wie heeft de telefoon uitgevonden|heb je gisteren de wedstrijd gezien|"
        "mijn auto heeft nieuwe banden nodig|wat eten we vanmiddag|slapen vissen|een stuk of twaalf"
    ),
    "pt": sentences(
        "lá em cima|bastantes vezes|como de costume|prefiro não dizer|para que precisas disso|"
        "me dá cinco minutos|já me perguntou isso|prazer em conhecê-lo|parece uma máquina falando|"
        "estão tocando a campainha|tenho que correr, o meu ônibus chegou|foi há muito tempo|"
        "em algum lugar da cozinha|o azul da esquerda|porque a minha irmã quis|só estou olhando|"
        "nunca ouvi falar|para de te repetir|quantas patas tem uma aranha|"
        "a sopa estava muito salgada|como tiro uma mancha de vinho|quem pintou a Mona Lisa|"
        "tenho que buscar as crianças na escola|quando parte o próximo trem para Lisboa|"
        "qual é a altura do Everest|me lembra de regar as plantas|meu computador trava o tempo todo|"
        "prefere chá ou café|uma mesa para dois perto da janela|escreve um poema sobre a primavera|"
        "a impressora está sem papel|quanto tempo se cozinha um ovo|há vida em Marte|"
        "sou alérgico a nozes|quem inventou o telefone|viu o jogo ontem|meu carro precisa de pneus|"
        "o que tem para o almoço|os peixes dormem|uma dúzia mais ou menos"
    ),
}
