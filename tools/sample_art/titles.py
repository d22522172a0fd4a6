"""What the pictures are called and the words they are found by, in English and French."""

from __future__ import annotations

# name: (title en, title fr, mood, keywords en, keywords fr)
TITLES: dict[str, tuple[str, str, str, str, str]] = {
    "mountains-dusk": (
        "Mountains at dusk",
        "Montagnes au crépuscule",
        "calm",
        "mountain mountains dusk sunset evening peak summit ridge forest pine trees mist fog hike "
        "adventure travel nature goal",
        "montagne montagnes crépuscule coucher soleil soir sommet crête forêt sapins brume randonnée "
        "aventure voyage nature objectif",
    ),
    "ocean-sunset": (
        "Sunset over the ocean",
        "Coucher de soleil sur l'océan",
        "warm",
        "ocean sea sunset sun water waves horizon beach summer holiday vacation calm evening dream freedom travel",
        "océan mer coucher soleil eau vagues horizon plage été vacances calme soir rêve liberté voyage",
    ),
    "night-sky": (
        "Milky Way over a cabin",
        "Voie lactée sur une cabane",
        "cinematic",
        "night sky stars star milky way galaxy space universe astronomy cabin house wish dream dark silence science",
        "nuit ciel étoiles étoile voie lactée galaxie espace univers astronomie cabane maison vœu rêve "
        "obscurité silence science",
    ),
    "desert-dunes": (
        "Desert dunes",
        "Dunes du désert",
        "cinematic",
        "desert dune dunes sand sun heat dry sahara journey wind caravan camel warm empty climate drought",
        "désert dune dunes sable soleil chaleur sec sahara voyage vent caravane chameau chaud vide climat sécheresse",
    ),
    "aurora-lake": (
        "Aurora over a lake",
        "Aurore boréale sur un lac",
        "cinematic",
        "aurora northern lights lake night green winter cold arctic iceland norway magic reflection forest wonder",
        "aurore boréale lumières lac nuit vert hiver froid arctique islande norvège magie reflet forêt merveille",
    ),
    "meadow-morning": (
        "Morning meadow",
        "Prairie au matin",
        "upbeat",
        "meadow field morning sun rays spring flowers grass hills countryside farm green nature fresh "
        "garden ecology plant",
        "prairie champ matin soleil rayons printemps fleurs herbe collines campagne ferme vert nature "
        "fraîcheur jardin écologie plante",
    ),
    "city-night": (
        "City skyline at night",
        "Ville la nuit",
        "upbeat",
        "city skyline night building buildings skyscraper street downtown windows lights business office "
        "town urban company money market",
        "ville nuit immeuble immeubles gratte-ciel rue centre fenêtres lumières affaires bureau urbain "
        "entreprise argent marché",
    ),
    "autumn-forest": (
        "Autumn forest",
        "Forêt d'automne",
        "warm",
        "autumn fall forest tree trees leaf leaves wood path walk october orange light season nature",
        "automne forêt arbre arbres feuille feuilles bois chemin promenade octobre orange lumière saison nature",
    ),
    "harbour-boats": (
        "Sailing boats in a harbour",
        "Voiliers au port",
        "calm",
        "harbour harbor boat boats sail sailing ship port village sea bay fishing wind water travel holiday",
        "port bateau bateaux voile voilier navire village mer baie pêche vent eau voyage vacances",
    ),
    "rain-window": (
        "Rain on a window",
        "Pluie sur une fenêtre",
        "calm",
        "rain window drops raindrops weather storm wet glass city lights bokeh melancholy autumn sad thinking water",
        "pluie fenêtre gouttes météo orage mouillé vitre ville lumières mélancolie automne triste réflexion eau temps",
    ),
    "tea-cup": (
        "A cup of tea",
        "Une tasse de thé",
        "warm",
        "tea cup drink hot steam leaf leaves green herbal table saucer brew infusion breakfast pause health warm water",
        "thé tasse boisson chaud vapeur feuille feuilles vert tisane table soucoupe infusion infuser "
        "déjeuner pause santé eau",
    ),
    "paper-waves": (
        "Paper-cut waves",
        "Vagues en papier découpé",
        "playful",
        "paper waves wave sea sun cloud clouds craft children story illustration holiday summer swim beach fun",
        "papier vagues vague mer soleil nuage nuages bricolage enfants histoire illustration vacances "
        "été nager plage jeu",
    ),
    "flowing-ribbons": (
        "Flowing ribbons",
        "Rubans fluides",
        "focus",
        "abstract ribbon ribbons flow technology digital data internet software future innovation energy "
        "music colour color network computer",
        "abstrait ruban rubans flux technologie numérique données internet logiciel avenir innovation "
        "énergie musique couleur réseau ordinateur",
    ),
    "botanical-frame": (
        "Botanical frame",
        "Cadre botanique",
        "calm",
        "leaf leaves plant plants botanical green garden jungle tropical nature organic ecology wellness "
        "cosmetics natural environment",
        "feuille feuilles plante plantes botanique vert jardin jungle tropical nature bio écologie bien- "
        "être cosmétique naturel environnement",
    ),
    "coffee-desk": (
        "Coffee on a desk",
        "Café sur un bureau",
        "focus",
        "coffee desk laptop computer notebook pen work office write writing study morning plan project "
        "learn book email",
        "café bureau portable ordinateur carnet stylo travail écrire écriture étude matin plan projet "
        "apprendre livre courriel",
    ),
    "paper-sea-loop": (
        "Paper sea, moving",
        "Mer de papier en mouvement",
        "calm",
        "sea waves wave paper ocean water evening moon sun calm loop animation background story travel",
        "mer vagues vague papier océan eau soir lune soleil calme boucle animation fond histoire voyage",
    ),
    "drifting-lights-loop": (
        "Drifting lights",
        "Lumières flottantes",
        "warm",
        "lights light bokeh party celebration night music festival christmas magic loop background glow event evening",
        "lumières lumière bokeh fête célébration nuit musique festival noël magie boucle fond lueur événement soirée",
    ),
    "silk-loop": (
        "Silk of light",
        "Soie de lumière",
        "focus",
        "abstract silk wave flow technology energy data science future loop background digital motion "
        "signal sound network",
        "abstrait soie onde flux technologie énergie données science avenir boucle fond numérique "
        "mouvement signal son réseau",
    ),
}
