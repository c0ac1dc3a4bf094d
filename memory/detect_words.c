/*
 * Word lists of the language: words that build sentences, judge, ask, begin or end a value, and spellings. All lower case;
 * a set is one text with spaces around every word, phrases joined with '_'. Small and flat on purpose: a look-up is a scan
 * of a few hundred bytes. What there is in the world (names, jobs, cars) is in detect_things.c.
 */
#include "detect_int.h"

#include <string.h>

static const char *const sets[WORDS_END] = {
	/* States, judgements and other words that are never a name, a job or a place. */
	[WORDS_STATE] =
		" overpriced extinct packed seasonal mild modest remote injured soaked decent passable mediocre lousy able about absent absolutely abroad active addicted afraid against ahead alive "
		"all allowed almost alone alright amazed amazing angry annoyed annoying another "
		"anxious around ashamed asleep available aware away awake awesome awful awkward "
		"back bad based beautiful behind better big bilingual bit blessed blind blonde "
		"blue bored boring bothered bothering broke broken busy calm careful certain "
		"cheap clean clear clever close closed cold coming common complete complicated "
		"concerned confident confused cool correct crazy creative curious cute dead deaf "
		"delayed delicious delighted dependent depressed desperate different difficult "
		"dirty disabled disappointed divorced dizzy doing done down drunk dumb dying "
		"early easily easy eating elderly embarrassed empty engaged enough excellent "
		"excited exhausted expecting expensive extremely fabulous failing fair famous "
		"fantastic far fast fat fed feeling female few fine finished first fit flexible "
		"fluent fond free fresh friendly frightened frustrated full fun funny furious "
		"gay getting giving glad going gone good gorgeous great grateful grown guilty "
		"half handsome happy hard healthy heading helpful here high hilarious home "
		"homeless honest hopeful hopeless hoping horrible hot huge human hungry hurt ill "
		"impatient important impossible impressed in incredible injured innocent inside "
		"interested interesting into invited jealous jobless joking just keen kidding "
		"kind lame large last late lazy leaving left left-handed less like likely "
		"listening little living local lonely long looking lost loud lovely loved low "
		"lucky mad male married maybe mean mine missing mixed moody more most moving "
		"much naked natural near nearly neat nervous never new next nice nobody nosy not "
		"nothing now obese obsessed obvious obviously off okay ok old on online only "
		"open orphan out outside over overweight overwhelmed overjoyed own paid painful "
		"paralyzed patient perfect perplexed pleased poor popular positive possible "
		"pregnant prepared pretty probably proud quick quiet quite ready real really red "
		"relaxed relieved reliable religious retired rich right-handed right rude sad "
		"safe same satisfied scared secret self-employed selfish sensitive separated "
		"serious several shaking short shy sick silly similar simple single sitting "
		"sleeping sleepy slow small smart so sober some sore sorry special speaking "
		"staying still strange stressed strict strong struggling stubborn stuck stupid "
		"such sure surprised surprising sweet talking tall telling terrible terrific "
		"terrified thankful the there thirsty thinking thrilled tired to together "
		"tomorrow tonight too torn totally tough trapped traveling travelling trying "
		"ugly unable uncertain under understanding unemployed unhappy unique unlucky "
		"unsure unwell up upset urgent used useful useless usually vaccinated very "
		"waiting warm wasted watching weak wealthy weird well wet what white widowed "
		"wild willing wise with within without wonderful wondering working worried worse "
		"worst worth wrong wounded yawning young yours transgender trans straight "
		"bisexual jetlagged jet-lagged brilliant dreadful livid offline grumpy cranky "
		"hangover hungover chill yesterday today soon up-to-date forever cheerful "
		"heartbroken fuming bald short-sighted nearsighted colorblind colourblind "
		"dyslexic autistic adopted allergic batman superman spider-man spiderman "
		"spartacus groot gandalf legend god jesus santa spelled pronounced misspelled mud "
		"evil greedy stingy corrupt shady bankrupt adorable black brown gray grey green "
		"purple orange yellow pink cuddly naughty fluffy playful spoiled spoilt noisy "
		"messy loyal housetrained trained gentle mischievous limping barking purring ",
	/* Words that are no place and no employer when written in lower case: "i moved to tea". */
	[WORDS_COMMON] =
		" accounting adults agony alcohol alpha android anger animals anxiety anything "
		"apathy apple april art attention attic audio august autumn back balance "
		"banking bar barn basement bathroom beach bed bedroom beer beta biology birds "
		"black bliss blue boat books boredom bottom boys braces bread brown bulk "
		"bus business butter cabin cafe camp camper caps car caravan cartoons cash cats "
		"center change charity chat cheese chemistry chickens children chinese chrome "
		"church cigarettes class clicks closet clothes clouds club code coffee college "
		"color colour comics commission construction consulting corner cotton couch "
		"cows crowds danger dark daycare days debt decades decaf december denial denim "
		"depression desert design desk detail development dirt discord disorder dogs "
		"doubt dreams dresses drugs dutch economics ecstasy edge education emacs email "
		"emails engineering english entertainment envy evenings everything excel "
		"exposure facebook faith fall family fantasy fashion fear february fiction "
		"films final finance firefox first fish fitness flats food forest fourth "
		"freedom french friday friends front fruit full fun games garage garden german "
		"gin girls glasses glory gloves gluten god government grace grade gray green "
		"grey group groups guilt guys gym half hallway hardware harmony hate hats "
		"health healthcare heels hills history hoodie hoodies hope horses hospital "
		"hospitality hostel hotel hr hut instagram insurance ios iphone irony island it "
		"italian jail january japanese java javascript jeans jokes journalism joy juice "
		"july june jungle justice keto kids kindergarten kitchen lake last laughter law "
		"leadership leather left leggings lenses level library likes line lines linux "
		"literature logistics love mac makeup mall management march marketing mass math "
		"meat media medicine memes men mercy middle milk mode monday money months "
		"mornings mosque motel motion mountains movies mud museum music netflix nights "
		"noise nothing novels november nursery ocean october office operations order "
		"pairs pajamas panic park part parts pasta peace people phase philosophy "
		"physics pieces pigs pills pink plan planning podcasts polish politics pool "
		"practice prayer pride principle prison private product production profit "
		"progress pub public purple pyjamas python queue rain reality red reddit regret "
		"religion research results retail revenge rice right river round row rum "
		"russian rust safari safety salad sales sand sandals sarcasm saturday scale "
		"school science scratch sea second secret september shade shadows shame shape "
		"shed sheep ship shop shorts shower side silence silk skirts sky slack slippers "
		"smoking sneakers snow socks soda sofa software something songs spanish spotify "
		"spring stage step store stories strangers strategy stress style sugar suits "
		"summer sun sunday supermarket support survival sweatpants tea team teams tears "
		"tech temple tent testing text theology theory third thursday ties tiktok tips "
		"tofu top traffic trailer transit transition translation trouble truck truth "
		"tuesday twitter uni university valley van vape vegan vegetables video videos "
		"views vim vodka voice war water wednesday weed weekdays weekends weeks whiskey "
		"white whole windows wine winter women woods wool word yard years yellow "
		"youtube zoom ",
	/* Words that hold a sentence together; none begins a name in lower case. */
	[WORDS_FUNCTION] =
		" a an the and or but so because if when while since until after before as at by "
		"for from in into of off on onto out over per than that then there this these "
		"those to too under up via with without within who whom whose which what where "
		"why how i me my mine we us our you your he him his she her it its they them "
		"their am is are was were be been being do does did have has had will would can "
		"could shall should may might must not no yes just only also very really all any "
		"both each every some such same another other more most much many few called "
		"named like about again ever never always sometimes often usually neither nor "
		"either ",
	/* Words that end a value. */
	[WORDS_CUT] =
		" because since while when if but so although though who which that until till "
		"after before unless whenever where whereas cause cuz coz whose whom ",
	/* Words left off the end of a value. */
	[WORDS_TAIL] =
		" now too also btw please pls plz thanks thx lol haha hahaha hehe actually "
		"anyway anyways though tho currently today yesterday already again originally ok "
		"okay obviously definitely still instead really honestly right nowadays lately "
		"recently basically anymore indeed ty cheers fyi sadly unfortunately luckily "
		"presently ago then xd only mostly mainly either well myself temporarily "
		"permanently professionally fluently atm rn tbh ngl imo irl innit lmao ",
	/* Small words inside names and titles. */
	[WORDS_PARTICLE] =
		" van von der den de la le el al bin ibn da di du del dos das do st y e the of "
		"and & in on upon sur am an für for to with zu af av ter ten a i ",
	[WORDS_MONTH] =
		" january february march april may june july august september october november "
		"december jan feb mar apr jun jul aug sep sept oct nov dec ",
	[WORDS_DAY] =
		" monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu "
		"thur thurs fri sat sun mondays tuesdays wednesdays thursdays fridays saturdays "
		"sundays ",
	[WORDS_NUMBER] =
		" zero one two three four five six seven eight nine ten eleven twelve thirteen "
		"fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fourty "
		"fifty sixty seventy eighty ninety hundred ",
	/* Lower-case words after "live in" or "from" that are no place. */
	[WORDS_NOT_PLACE] =
		" fear chaos peace poverty harmony sin denial luxury hope pain exile hiding "
		"darkness silence misery comfort style solitude isolation town downtown suburbia "
		"school bed here there heaven hell reality space dorms apartment flat house "
		"houses home work scratch memory experience everything nothing everywhere "
		"nowhere anywhere abroad outer total constant complete perfect absolute student "
		"university college uni base shock awe danger trouble mourning love debt "
		"retirement exhaustion my your his her our their its this that these those a an "
		"some one two three four many different another me you him us them it every each "
		"any no what where hand time times fact sight sync line charge use person "
		"general particular parts country countryside city village cities suburbs area "
		"north south east west next close near far real big small tiny rural urban old "
		"new temporary shared bliss squalor filth sorrow grief confusion disbelief ",
	/* Fillers that may stand before or after any word of a pattern. */
	[WORDS_ADVERB] =
		" actually really absolutely currently now just also still recently originally mostly "
		"mainly usually always basically simply finally already even only definitely "
		"obviously officially presently honestly truly lately sadly proudly happily "
		"literally seriously totally part-time full-time remotely technically ",
	/* Words between "my" and a noun that change nothing. */
	[WORDS_MODIFIER] =
		" next-door upstairs downstairs closest lil new current dear lovely beautiful sweet own only little big older younger "
		"elder eldest oldest youngest twin baby amazing wonderful adorable cute awesome "
		"beloved darling gorgeous ",
	/* Words that no liked, favourite or named thing begins with. */
	[WORDS_BAD_START] =
		" to when that not what how you it he she they we i this these those your his "
		"her its their very so too hard just only probably all any every both being "
		"going getting having definitely always never whatever whichever something "
		"anything everything nothing someone anyone none if because as at by for from on "
		"up than like about there here where who why which whether maybe usually still "
		"no yes one such more most much many quite rather really pretty extremely super "
		"my our me us him them is are was am be been do does did will would can could "
		"should ",
	[WORDS_AUX] =
		" is are was were am be been do does did will would can could has have had shall "
		"should may might must ",
	[WORDS_PRONOUN] =
		" i you he she it we they me him them us myself yourself himself herself someone "
		"everyone anybody somebody everybody nobody this that these those ",
	/* A clause that begins with one of these is a question. */
	[WORDS_QUESTION] =
		" what who where when why how which whose whom do does did is are am was were "
		"can could would should will shall may might has have had isn't ",
	/* Verbs of requests to the assistant. */
	[WORDS_REQUEST] =
		" tell remind guess explain write give show translate rewrite correct summarize "
		"summarise say spell list find make create help compose draft generate describe "
		"repeat ask suggest recommend fix improve proofread check convert compare "
		"calculate compute define answer stop let look read sing play open close send "
		"paraphrase rephrase edit analyze analyse name think consider count change "
		"delete forget search google finish continue complete add remove turn set invent "
		"design build rate judge roast try use teach bring get take go come wait keep act choose pick ",
	/* Verbs that may follow "and" with the subject left out. */
	[WORDS_VERB] =
		" joined live lives work works study studies play plays speak speaks drive drives moved "
		"is am are was has have go goes weigh weighs come comes grew attend attends love "
		"loves like likes hate hates support supports own owns major majors wear wears "
		"commute commutes enjoy enjoys bought started quit became adopted ",
	/* Nouns "she" can mean. */
	[WORDS_SHE] = " wife girlfriend sister mother mom daughter grandmother aunt niece fiancee "
		      "landlady stepmother stepsister mother-in-law sister-in-law granddaughter "
		      "goddaughter cow ",
	/* Nouns "he" can mean. */
	[WORDS_HE] = " husband boyfriend brother father dad son grandfather uncle nephew fiance "
		     "stepfather stepbrother father-in-law brother-in-law grandson godson ",
	[WORDS_PET] =
		" dog cat parrot hamster horse rabbit fish goldfish turtle bird puppy kitten "
		"guinea_pig snake lizard pony cow canary chicken ferret pet goat pig sheep duck "
		"mouse rat gerbil tortoise gecko iguana bunny hedgehog chinchilla donkey llama "
		"alpaca ",
	/* Further people who may be a subject; they have no name relation unless the table says so.
	 */
	[WORDS_PERSON] =
		" stepfather stepmother stepbrother stepsister mother-in-law father-in-law "
		"sister-in-law brother-in-law son-in-law daughter-in-law grandson granddaughter "
		"fiance fiancee nanny vet lawyer accountant plumber kid child godson goddaughter "
		"godfather godmother supervisor professor assistant client trainer tutor mentor "
		"housemate classmate partner_in_crime pastor midwife nurse babysitter tenant "
		"half-brother half-sister employee intern ",
	/* Words whose dot does not end a sentence. */
	[WORDS_ABBREVIATION] =
		" dr mr mrs ms prof st jr sr apt no vs mt ft rev hon capt lt sgt col gen ave "
		"blvd rd ste messrs mme ",
	[WORDS_TLD] =
		" com org net io dev co uk de fr es it pt nl se no fi dk pl cz ch at be eu us ca "
		"au nz jp cn in br mx ar ru info biz me tv app edu gov int xyz blog page site "
		"online tech example test local ai sh gg ie za kr tr gr hu ro bg hr si sk lt lv "
		"ee ",
	/* Last words of streets. */
	[WORDS_STREET] =
		" street st avenue ave road rd lane ln drive dr court ct place pl square sq "
		"boulevard blvd way terrace alley crescent close highway hwy parkway row walk "
		"strasse straße gasse platz weg rue via calle avenida rua straat laan plaza "
		"grove hill gardens mews quay circle trail loop park ",
	/* What "I like" and "I hate" are followed by in small talk. */
	[WORDS_NOT_LIKED] =
		" you it this that these those them him her what how when where being having to "
		"the my your his their our its talking chatting everything everyone nothing "
		"something anything all most both many some any none people myself yourself "
		"mondays way idea sound better more best less part parts boyfriend girlfriend "
		"hers yours ours theirs one ones stuff things thing going it's hearing seeing "
		"knowing working waiting living losing saying feeling getting ",
};

bool word_among(const char *list, const char *w)
{
	size_t len = strlen(w);
	const char *p = list;

	while (len && (p = strstr(p, w))) {
		if (p > list && p[-1] == ' ' && p[len] == ' ')
			return true;
		p += len;
	}
	return false;
}

bool word_in(enum word_set set, const char *w)
{
	if (word_among(word_things[set] ? word_things[set] : sets[set], w))
		return true;
	if (set == WORDS_JOB)
		return word_in(WORDS_JOB_MORE, w);
	return set == WORDS_NAME && /* one text may not pass 4095 bytes */
	       (word_in(WORDS_NAME_MORE, w) || word_in(WORDS_NAME_REST, w) ||
		word_in(WORDS_NAME_LAST, w) || word_in(WORDS_NAME_FURTHER, w) || word_in(WORDS_NAME_YET, w) ||
		word_in(WORDS_NAME_A, w) || word_in(WORDS_NAME_Z, w));
}

struct spelling {
	const char *written, *meant;
};

/* Synonyms and misspellings by their first letter: this is asked of every word of every message. */
static const struct spelling *const spellings[26] = {
	['a' - 'a'] =
		(const struct spelling[]){
			{ "auntie", "aunt" }, { "anme", "name" }, { "adress", "address" },
			{ "addres", "address" }, { NULL, NULL } },
	['b' - 'a'] =
		(const struct spelling[]){
			{ "bday", "birthday" }, { "b-day", "birthday" },
			{ "birthdate", "birthday" }, { "bf", "boyfriend" },
			{ "bff", "best friend" }, { "bestie", "best friend" },
			{ "bunny", "rabbit" }, { "bro", "brother" }, { "bicycle", "bike" },
			{ "birtday", "birthday" }, { "birthdya", "birthday" },
			{ "brithday", "birthday" }, { "birhtday", "birthday" },
			{ "brohter", "brother" }, { "borther", "brother" },
			{ "boyfreind", "boyfriend" }, { NULL, NULL } },
	['c' - 'a'] =
		(const struct spelling[]){
			{ "colour", "color" }, { "co-worker", "coworker" },
			{ "cellphone", "phone" }, { "cell", "phone" }, { "colro", "color" }, { NULL, NULL } },
	['d' - 'a'] =
		(const struct spelling[]){
			{ "daddy", "dad" }, { "doggo", "dog" }, { "doggie", "dog" },
			{ "doggy", "dog" }, { "daugther", "daughter" },
			{ "dauhgter", "daughter" }, { "doughter", "daughter" }, { NULL, NULL } },
	['e' - 'a'] =
		(const struct spelling[]){
			{ "e-mail", "email" }, { "emial", "email" }, { "eamil", "email" }, { NULL, NULL } },
	['f' - 'a'] =
		(const struct spelling[]){
			{ "favourite", "favorite" }, { "fav", "favorite" },
			{ "fave", "favorite" }, { "favorit", "favorite" },
			{ "flatmate", "roommate" }, { "fiancé", "fiance" },
			{ "fiancée", "fiancee" }, { "favrite", "favorite" },
			{ "favroite", "favorite" }, { "favortie", "favorite" },
			{ "favourtie", "favorite" }, { "faveorite", "favorite" },
			{ "favorate", "favorite" }, { "favoritte", "favorite" },
			{ "fahter", "father" }, { "freind", "friend" }, { "firend", "friend" }, { NULL, NULL } },
	['g' - 'a'] =
		(const struct spelling[]){
			{ "grandma", "grandmother" }, { "granny", "grandmother" },
			{ "gran", "grandmother" }, { "grandpa", "grandfather" },
			{ "granddad", "grandfather" }, { "grandad", "grandfather" },
			{ "gf", "girlfriend" }, { "girlfreind", "girlfriend" }, { NULL, NULL } },
	['h' - 'a'] =
		(const struct spelling[]){
			{ "housemate", "roommate" }, { "hubby", "husband" },
			{ "huband", "husband" }, { "hubs", "husband" }, { "husbend", "husband" }, { NULL, NULL } },
	['k' - 'a'] =
		(const struct spelling[]){
			{ "kitty", "kitten" }, { NULL, NULL } },
	['l' - 'a'] =
		(const struct spelling[]){
			{ "licence", "license" }, { "landlady", "landlord" }, { NULL, NULL } },
	['m' - 'a'] =
		(const struct spelling[]){
			{ "mate", "friend" }, { "mail", "email" }, { "mum", "mom" }, { "mommy", "mom" },
			{ "mummy", "mom" }, { "mama", "mom" }, { "mam", "mom" },
			{ "mobile", "phone" }, { "mohter", "mother" }, { NULL, NULL } },
	['n' - 'a'] =
		(const struct spelling[]){
			{ "nan", "grandmother" }, { "nana", "grandmother" },
			{ "neighbour", "neighbor" }, { "nmae", "name" }, { "naem", "name" },
			{ "nieghbor", "neighbor" }, { "neigbor", "neighbor" },
			{ "neighbur", "neighbor" }, { "nubmer", "number" },
			{ "numer", "number" }, { "numbr", "number" }, { NULL, NULL } },
	['p' - 'a'] =
		(const struct spelling[]){
			{ "papa", "dad" }, { "pop", "dad" }, { "pup", "puppy" },
			{ "postcode", "postal code" }, { NULL, NULL } },
	['r' - 'a'] =
		(const struct spelling[]){
			{ "roomie", "roommate" }, { NULL, NULL } },
	['s' - 'a'] =
		(const struct spelling[]){
			{ "stepdad", "stepfather" }, { "stepmom", "stepmother" }, { "stepmum", "stepmother" },
			{ "spouse", "partner" }, { "sis", "sister" }, { "surename", "surname" },
			{ "sitser", "sister" }, { NULL, NULL } },
	['t' - 'a'] =
		(const struct spelling[]){
			{ "telephone", "phone" }, { "theatre", "theater" }, { "tel", "phone" }, { NULL, NULL } },
	['w' - 'a'] =
		(const struct spelling[]){
			{ "wi-fi", "wifi" }, { "wifey", "wife" }, { "missus", "wife" }, { NULL, NULL } },
};

/* Words the rules hang on, which a slip of the fingers must not hide: two letters swapped in any of them; in the long ones a letter
 * too many, too few or wrong. */
static const char *const mended[] = { "the",	  "live",     "lives",	  "living",    "work",	   "works",	"working",  "dog",	 "name",
				      "called",	  "from",     "years",	  "mother",    "sister",   "wife",	"have",	    "moved",	 "because",
				      "allergic", "favorite", "birthday", "brother",   "daughter", "husband",	"girlfriend", "boyfriend", "vegetarian",
				      "diagnosed", "originally", "neighbor", "partner", "friend",  "married" };

/* Is w the word m with two neighbours swapped, behind the same first letter? */
static bool swapped(const char *w, const char *m, size_t n)
{
	size_t k = 1;

	while (k < n && w[k] == m[k])
		k++;
	return k + 1 < n && w[k] == m[k + 1] && w[k + 1] == m[k] && !strcmp(w + k + 2, m + k + 2);
}

/* ... with one letter inside too many, too few or wrong? */
static bool one_off(const char *w, const char *m, size_t n, size_t wide)
{
	size_t k = 1;

	if (wide < 8 || n + 1 < wide || n > wide + 1)
		return false;
	while (w[k] && w[k] == m[k])
		k++;
	if (!w[k] || !m[k] || (n > wide && !w[k + 1]))
		return false; /* an ending is no slip: "brothers" */
	return !strcmp(w + k + (n >= wide), m + k + (n <= wide));
}

const char *word_mended(const char *w)
{
	static const char words[] = " form diagnoses neighbors partners friends brothers ";
	size_t n = strlen(w);

	if (n < 3 || word_among(words, w))
		return w;
	for (size_t i = 0; i < sizeof(mended) / sizeof(*mended); i++) {
		const char *m = mended[i];
		size_t wide = strlen(m);

		if (w[0] == m[0] && ((n == wide && swapped(w, m, n)) || one_off(w, m, n, wide)))
			return m;
	}
	return w;
}

const char *word_canonical(const char *w)
{
	const struct spelling *p = *w >= 'a' && *w <= 'z' ? spellings[*w - 'a'] : NULL;

	for (; p && p->written; p++)
		if (w[1] == p->written[1] && !strcmp(w, p->written))
			return p->meant;
	return w;
}

bool word_may_name(const char *w)
{
	static const enum word_set known[] = { WORDS_FUNCTION, WORDS_STATE, WORDS_ADVERB, WORDS_TAIL, WORDS_VERB,    WORDS_MODIFIER, WORDS_CUT,   WORDS_COMMON,
					      WORDS_NOT_PLACE, WORDS_NOT_JOB, WORDS_DIET, WORDS_ZODIAC, WORDS_PRONOUN, WORDS_REQUEST,  WORDS_COLOR, WORDS_PERSON,
					      WORDS_BREED, WORDS_DAY, WORDS_MONTH, WORDS_NUMBER, WORDS_AUX, WORDS_QUESTION };
	static const char *const ends[] = { "ed", "ing", "ish", "ly", "ness", "tion", "ment", "less" };
	size_t n = strlen(w);

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
		if (word_in(known[k], w))
			return false;
	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++)
		if (n > strlen(ends[k]) + 2 && !strcmp(w + n - strlen(ends[k]), ends[k]))
			return false;
	return n > 2 && !word_among(" between among during around beyond despite unlike behind through toward towards against across aged"
		" roughly ", w) &&
	       !strpbrk(w, "0123456789@._/") && !word_is_job(w) && !word_is_nation(w) && !word_judges(w);
}

static bool ends_with(const char *w, const char *end)
{
	size_t n = strlen(w), k = strlen(end);

	return n > k + 2 && !strcmp(w + n - k, end);
}

bool word_judges(const char *w)
{
	static const char *const ends[] = { "ful",  "less", "ous",   "able",  "ible",
					    "sual", "mmon", "rrassing", "oring", "ative" };
	size_t n = strlen(w);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t k = strlen(ends[i]);

		if (n > k + 1 && !strcmp(w + n - k, ends[i]))
			return true;
	}
	return false;
}

bool word_is_job(const char *w)
{
	static const char *const ends[] = {
		"ologist", "ographer", "maker",	  "keeper",   "smith", "worker", "grapher",
		"ician",   "ologer",   "iatrist", "herapist", "rrist", "wright", "monger",
		"builder", "dresser",  "teacher", "cutter",   "nist",  "logist", "tician",
		"iner",	   "ator",     "gist",	  "cist",     "blower",  "catcher", "binder", "breeder", "carver", "tuner", "fitter", "roaster",
		"brewer",  "grower",   "tender",  "minder", "groomer", "handler", "dealer", "monger", "mender", "layer", "washer", "operator",
	};

	if (word_in(WORDS_JOB, w))
		return true;
	if (word_in(WORDS_NOT_JOB, w) || word_in(WORDS_STATE, w) || word_among(" berliner londoner dubliner aucklander icelander ", w))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(w, ends[i]))
			return true;
	return word_among(" keeper fitter roaster brewer grower groomer washer tuner carver cutter ", w);
}

bool word_is_nation(const char *w)
{
	if (word_in(WORDS_NATION, w) || word_in(WORDS_LANGUAGE, w))
		return true;
	if (word_in(WORDS_NAME, w) || word_in(WORDS_JOB, w))
		return false;
	return ends_with(w, "nese") || ends_with(w, "ese") || ends_with(w, "nish") ||
	       ends_with(w, "dish") || ends_with(w, "glish") || ends_with(w, "lish") ||
	       ends_with(w, "ttish") || ends_with(w, "kish") || ends_with(w, "ican") ||
	       ends_with(w, "alian") || ends_with(w, "nian") || ends_with(w, "dian") ||
	       ends_with(w, "rian") || ends_with(w, "lian") || ends_with(w, "gian") ||
	       ends_with(w, "sian") || ends_with(w, "tian") || ends_with(w, "vian") ||
	       ends_with(w, "zilian") || ends_with(w, "bian");
}
