/*
 * Word lists of the detector, all lower case: a set is one text with spaces around every word.
 * Phrases are joined with
 * '_'. Small and flat on purpose: a look-up is a scan of a few hundred bytes.
 */
#include "detect_int.h"

#include <string.h>

static const char *const sets[] = {
	/* Heads of job titles that the endings of word_is_job() do not tell. */
	[WORDS_JOB] =
		" accountant actor actress actuary acupuncturist animator arborist archivist archaeologist barback "
		"bellhop blaster bosun cabinetmaker cardiologist cellist comptroller cosmetologist couturier "
		"croupier dermatologist doula drummer embalmer engraver epidemiologist farrier ferryman fishmonger geneticist "
		"gynecologist hydrologist immunologist interior-designer ironworker lexicographer luthier lyricist milliner "
		"mortician neurosurgeon notary oboist ornithologist paediatrician pediatrician "
		"perfumer phlebotomist pipefitter printmaker publicist puppeteer radiographer radiologist rancher "
		"recruiter roofer sculptor seamstress sommelier sonographer statistician steelworker stevedore stonemason "
		"taxidermist teamster tiler toolmaker tree-surgeon trumpeter typesetter underwriter "
		"upholsterer urologist vintner violinist warden welder wheelwright zoologist "
		"actor actress admin administrator advisor aide analyst anaesthetist "
		"apprentice architect artisan artist assistant associate astronaut astronomer "
		"athlete attorney au-pair auditor author bailiff baker banker barber barista "
		"barrister bartender beautician beekeeper blacksmith blogger bodyguard "
		"bookkeeper bricklayer broker builder butcher butler captain caregiver caretaker "
		"carer carpenter cartographer cashier caterer ceo cfo chauffeur chef chemist "
		"chief chiropractor choreographer cleaner clerk coach cobbler columnist comedian "
		"composer concierge conductor constable consultant contractor cook coordinator "
		"cop copywriter coroner counselor counsellor courier cto curator custodian "
		"dancer deckhand dentist deputy designer detective dev developer dietician "
		"dietitian diplomat director diver dj docent doctor dogwalker doorman draftsman "
		"dressmaker driver economist editor electrician engineer entrepreneur estimator "
		"executive farmer farmhand filmmaker firefighter fireman fisherman florist "
		"foreman freelancer gardener geologist glazier goldsmith governess grocer groom "
		"guard guide hairdresser hairstylist handyman harpist head herbalist historian "
		"hostess housekeeper hygienist illustrator inspector instructor intern "
		"interpreter investigator investor janitor jeweler jeweller jockey joiner "
		"journalist judge labourer laborer landscaper lawyer lead lecturer librarian "
		"lieutenant lifeguard linguist locksmith logger lumberjack machinist magician "
		"magistrate maid mailman manager manicurist marine marketer mason masseur "
		"masseuse matron mayor mechanic merchant metalworker meteorologist midwife "
		"milkman miller miner minister model monk musician nanny naturalist navigator "
		"nun nurse nursemaid nutritionist officer operator optician optometrist orderly "
		"organist osteopath painter paralegal paramedic parson pastor pathologist "
		"pharmacist phd philosopher photographer physician physicist physio "
		"physiotherapist pianist pilot playwright plumber podiatrist poet policeman "
		"policewoman politician porter postman postdoc potter preacher priest principal "
		"printer producer prof professor programmer proofreader prosecutor psychiatrist "
		"psychologist publicist publisher rabbi radiographer radiologist ranger realtor "
		"receptionist recruiter referee reporter representative rep researcher roofer "
		"sailor salesman salesperson saleswoman scholar scientist sculptor seamstress "
		"secretary senator sergeant servant shepherd sheriff shoemaker shopkeeper singer "
		"smith sociologist soldier solicitor sommelier sonographer specialist "
		"statistician steward stewardess stockbroker stonemason stylist superintendent "
		"supervisor surgeon surveyor tailor tattooist teacher technician technologist "
		"temp tester therapist tiler toolmaker trader trainer translator treasurer tutor "
		"typist undertaker upholsterer urologist usher valet vet veterinarian "
		"videographer violinist vintner waiter waitress warden watchmaker weaver welder "
		"winemaker woodcutter woodworker worker writer youtuber zookeeper student "
		"undergraduate undergrad postgrad sysadmin flight-attendant attendant agent "
		"tv-presenter presenter stuntman stagehand barman barmaid housewife househusband "
		"homemaker stay-at-home lumberman lorry-driver dishwasher plasterer goatherd "
		"ghostwriter sophomore trainee cadet ",
	/* Heads that end like a job and are none. */
	[WORDS_NOT_JOB] =
		" team unit group charm whole result treat favor favour dog horse slave "
		"clockwork mule bee duo pair hobby lover person human member stranger customer "
		"teenager believer thinker mother father brother sister mother-in-law winner "
		"loser fighter dreamer killer monster burger beginner newcomer visitor user "
		"reader listener follower sleeper sufferer smoker drinker non-smoker boomer "
		"millennial twin-sister cancer liar eater hater disaster cucumber player gamer "
		"sinner survivor neighbor christian vegetarian pescatarian libertarian italian "
		"canadian indian russian australian belgian norwegian brazilian hungarian "
		"romanian bulgarian egyptian ukrainian martian alien pacifist optimist pessimist "
		"feminist realist perfectionist idealist extremist racist sexist atheist "
		"minimalist romantic narcissist capitalist communist socialist anarchist "
		"buddhist man woman boy girl guy gal kid child adult baby fan bit lot mess wreck "
		"giant warrior wanderer traveler traveller outsider insider foreigner sucker "
		"helper starter supporter owner grandmother grandfather daughter stepfather "
		"stepmother partner-in-crime lesbian dinner river number summer winter computer "
		"letter matter problem-solver keeper hoarder worrier overthinker introvert "
		"extrovert procrastinator hugger sister-in-law brother-in-law joker creature "
		"center corner finger flower shower tower power answer chapter cover layer paper "
		"super tiger spider hamster retriever terrier pointer setter shorthair "
		"rottweiler boxer ragdoll foster doer failure genius blur keener cheater "
		"prisoner virgin geek nerd witness debtor superhero night-owl burner monitor "
		"mirror error stickler ambivert bachelor widower senior junior minor manner "
		"jumper teetotaler teetotaller lefty righty newbie parent ",
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
	/* Nationalities that word_is_nation() does not tell by their ending. */
	[WORDS_NATION] =
		" german french dutch greek swiss czech thai american mexican african asian "
		"european arab arabic welsh catalan basque mediterranean iraqi iraqui israeli "
		"pakistani saudi qatari kuwaiti somali bengali nepali slovak serb croat finn "
		"swede dane pole turk uzbek kazakh tajik filipino filipina latino latina "
		"hispanic kiwi british muslim jewish hindu sikh catholic protestant christian "
		"buddhist black white republican democrat catalonian ",
	/* Given names and pet names, so that they are known in lower case. */
	[WORDS_NAME] =
		" aaron abby abdul abigail adam adele adrian agnes ahmed aisha akira alan albert "
		"alberto alejandro alex alexa alexander alexandra alexis alfie ali alice alicia "
		"alina alison alma alyssa amanda amara amelia amina amir amit amy ana anastasia "
		"anders andre andrea andreas andres andrew andy angela angelo anita anja ann "
		"anna anne annie anthony antonio anya ariana arjun arthur astrid aurora ava axel "
		"aya barbara bart beatrice bea becky bella ben benjamin bernard beth bianca "
		"bilal bill billy birgit bjorn bob bobby boris brad brandon brenda brian bridget "
		"bruce bruno bryan caleb cameron camila carl carla carlos carmen carol caroline "
		"catherine cathy cecilia celine charles charlie charlotte chen chiara chloe "
		"chris christina christine christopher claire clara claudia clement colin connor "
		"craig cristina cynthia daisy damian dan dana daniel daniela danny daria darren "
		"dave david dean deborah debbie denis dennis derek diana diego dieter dimitri "
		"dirk dmitri dominic donald donna dora doris dorothy doug douglas duncan dylan "
		"eddie edgar edith eduardo edward eileen elaine elena eleanor eli elias elif "
		"elijah elisa eliza elizabeth ella ellen ellie elsa emil emily emma emmanuel "
		"enrico eric erica erik erika erin ernest esra esteban esther ethan eugene eva "
		"evan eve evelyn ezra fabian fatima felipe felix fernando finn fiona florence "
		"francesca francis francisco frank franz fred freddie frederick freya frida "
		"gabriel gabriela gareth gary gavin gemma geoff george georgia gerald gerard "
		"gina giorgio giovanni giulia giuseppe glen gloria gonzalo gordon graham greg "
		"gregory greta guido gus gustav gwen hamza hanna hannah hans harold harriet "
		"harry hassan hazel heather heidi heinrich helen helena helga henrik henry "
		"herbert hilda hiroshi howard hugh hugo ian ibrahim ida igor ilse ines ingrid "
		"irene irina iris isaac isabel isabella isla ismail ivan ivy jack jackie jacob "
		"jacqueline jake jakub james jamie jan jana jane janet janice jason jasmine "
		"jasper javier jay jean jeff jeffrey jenna jennifer jenny jeremy jerry jess "
		"jesse jessica jill jim jimmy jo joan joanna joao joe joel johan johanna john "
		"johnny jon jonas jonathan jordan jorge jose josef joseph josh joshua juan "
		"judith judy julia julian juliana julie juliet julius jun juraj justin kai karen "
		"karim karin karl katarina kate katharina katherine kathleen kathy katie katja "
		"kavya kay keiko keith kelly ken kenji kenneth kevin khaled kim ",
	[WORDS_NAME_MORE] =
		" kimberly kirsten klaus kofi kristen kristina kurt kwame kyle lara larry lars "
		"laura lauren laurent lea leah lee leila lena leo leon leonard leonardo leslie "
		"levi liam lila lily lina linda lindsay lisa liz logan lola lorenzo lottie lou "
		"louis louise luca lucas lucia lucy luis luka lukas luke luna lydia mabel maddie "
		"madison maggie magnus mahmoud maja malik manuel marc marcel marcela marco "
		"marcus margaret maria mariam mariana marie marina mario marion marius mark "
		"marlon marta martha martin martina mary mateo matheus mathilde matt matteo "
		"matthew maurice max maya megan mehmet mei melanie melissa mia michael michaela "
		"michelle miguel mike mikhail mila milan miles millie milo mina mira miriam "
		"mohamed mohammed molly monica monika morgan moritz muhammad nadia nancy naomi "
		"natalia natalie natasha nathan neil nelson nia niamh nick nicholas nicola "
		"nicolas nicole nigel nikolai nils nina noah noel nora norman nuno odette oleg "
		"olga oliver olivia omar oscar oskar otto owen pablo pamela paola patricia "
		"patrick paul paula paulo pavel pedro penelope penny pete peter petra phil "
		"philip phoebe pierre pieter piotr priya quentin quinn rachel rafael raj rajesh "
		"ralph ramon raphael rashid raul ravi ray raymond rebecca reginald renata rene "
		"ricardo richard rick rita rob robert roberta roberto robin rodrigo roger roland "
		"roman ron ronald rosa rosalind rosie ross roy ruben rudolf rupert russell ruth "
		"ryan sabine sabrina sadie sally salma sam samantha samir samuel sandra sanjay "
		"sara sarah sasha scott sean sebastian selena serena sergei sergio seth shane "
		"shannon sharon sheila shirley siobhan silvia simon simone sofia sonia sophia "
		"sophie stacy stan stefan stefania stella stephanie stephen steve steven stewart "
		"stuart sue susan susanne suzanne svetlana sven sylvia tamara tania tanya tara "
		"tariq tatiana ted teresa terry theo theodore theresa thomas tim timothy tina "
		"tobias todd tom tomas tommy toni tony tracy trevor tristan tyler ulrich uma "
		"umar ursula valentina valeria vanessa vera veronica vicky victor victoria "
		"vikram vincent viktor viola virginia vivian vlad vladimir walter wanda wayne "
		"wendy werner wilhelm william wolfgang xavier yara yasmin yolanda yosef yuki "
		"yusuf yvonne zach zachary zahra zara zoe zoey zuzana lillian lilian gillian "
		"kian dorian marian bastian demian gian cillian troy gilbert bert rufus fred "
		"ahmed jared ned alfred mildred rex fido buddy rover bingo whiskers mittens "
		"bella mochi rocky simba nala cooper oreo felix tigger garfield ziggy waffles "
		"toby zeus apollo odie teddy ",
	[WORDS_NAME_REST] =
		" abdullah abel abena abigael adaeze adebayo adriana agata agnieszka aidan "
		"aiko aine ainsley alain alba alberta aldo alec alejandra aleksander "
		"alessandra alessandro alfonso alia aliya alvaro alvin amalia amari amelie "
		"amos anatoly andrej angelica angelina angus anika annette annika anouk "
		"antoine antonella antonia apolline archie ariel armando arnaud arne arno "
		"arturas arturo asha ashley asif augusto aurelia aurelien ayana ayesha ayla "
		"ayumi azra baptiste barnaby barry beata belinda benedict benedikt benoit "
		"bernadette bernardo berta beverly birgitta bjarne blanca bogdan bonnie boyd "
		"branka brent bridgette brigitte bronwyn bryce caitlin callum camille carina "
		"carlotta carmela carsten cassandra cassie catalina cecil cedric celeste "
		"celia cesar chandra chantal charlene cheryl chester chidi chinedu chioma "
		"christa christoph ciara claude claudine clive clyde cody colette conchita "
		"conrad consuelo cora cordelia cosmin courtney curtis cyril dagmar dalia "
		"damien danielle danilo daphne dario darius davide deepak deirdre delia "
		"demetrius denise desiree desmond dexter dimitar dina dolores dominik "
		"dominique doreen dusan dustin dwayne ebony edmund edna eero efua eike "
		"eilidh einar ekaterina eleonora elin elise elke elodie eloise elvira emeka "
		"emilia emiliano emilio emre enrique ephraim erich ernesto esme esmeralda "
		"estelle eszter eunice evangeline fabio fabrizio farah fatou fatuma faye "
		"federica federico felicia felicity fergus fernanda filip filippo fleur "
		"flora frances franco francois francoise freddy frieda fritz gael galina "
		"garrett gaspar genevieve geraldine gerda gerhard gertrude gianluca gideon "
		"gilles giorgia gita gladys glenda glenn godfrey goran gretchen guillaume "
		"guillermo gunnar gunther gustavo haakon hadiya hakan halima hamid hana "
		"haruka haruki hasan hector hedda hedwig heiko helene helmut hendrik henri "
		"henriette herman hernan hideo hilary hiroko hollis horst hortense huda "
		"humberto iain ignacio ilaria ilona imani imogen imran inga inge ingeborg "
		"inigo ioana ioannis irena irma irving isabelle isadora ismael itzel ivana "
		"iwona jacinta jacques jada jaime jaleel jamal janelle janine jarek jaroslav "
		"javi jeanette jeanne jelena jenni jens jerome joanne joaquin jocelyn joelle "
		"jolene josefina josephine josiah joyce joziah juanita jude jurgen justine "
		"jutta kaito kaja kamal kamila kamran kaori kara karolina kaspar katrin "
		"katya kazuki keira kelsey kendall kendra kerry kerstin khadija kieran ",
	[WORDS_NAME_LAST] =
		" killian kirk kjell klara koen kourosh krishna krystyna kwabena kylie laila "
		"lakshmi lamar lana laszlo latoya laurence lavinia lawrence layla leandro "
		"leif lenka lenny leona leonie leonor leopold leroy lesley leticia letitia "
		"lidia lieke liliana lilja linnea linus lionel livia ljubica lloyd lorena "
		"lorna lorraine lotte lourdes luce luciana luciano ludmila ludwig luigi "
		"luisa luther lyndon lynn macarena maeve magda magdalena mahesh maia maika "
		"mairead maite malcolm malin malina mallory manfred mara mansour marcelo "
		"margarita margot marguerite mariano maribel marisol marissa marjorie marko "
		"marlene marsha marvin mary-ann matilda matthias maud maura mauricio mauro "
		"maxim maxime maximilian mehdi melina melvin meryem michal mikael mikko "
		"miklos milena milos minh miranda miroslav mitchell moira moises mona moses "
		"mustafa myriam myrna nabil nadine naima najib nando naoko napoleon narges "
		"nasser natalya nathalie nathaniel neha nell nellie nestor ngozi nico "
		"nicolette nikhil nikita nikola nisha nkechi noelle noemi noor norbert norma "
		"nour octavia octavio oksana olaf olena olivier oluwaseun omari ondrej orla "
		"orsolya oswald ottilie ozgur paige paloma pascal patrice patty paulina "
		"pauline peggy perla phyllis pia pilar piper polly prakash pranav preston "
		"radka rafaela rafal raheem rahul randall rania raquel rashida reggie reiner "
		"renato renee reuben reza rhiannon rhonda rhys ricarda rina rocco rocio "
		"rodney rolf romain rosalia rosanna rosemary rowan roxanne ryota sadia saeed "
		"saki salim salvador salvatore samira sandro sanjana sanna santiago saoirse "
		"selma semra shanice sharmila shaun shauna shinji shira shreya siddharth "
		"sigrid silas silke silvio simona sinead sofie soledad solomon sonja soren "
		"stanislav stefano stig subhash suki sumaya sunita suzie sverre sylvester "
		"sylvie taavi tabitha tadeusz takeshi talia tamar tamika tarek tasha tatjana "
		"tatsuya tessa thandiwe thea thelma theodora therese thiago thora thorsten "
		"tiago tiffany timo tobi tomasz tomoko torsten tove travis trina trisha "
		"trudy tuomas tyrone udo ulrike umberto ute uwe vaclav valentin valerie "
		"vasil velma venla verena vesna vidar vijay vilma viviana vivienne volker "
		"walid wallace wiktor wilfred wilhelmina willem wilma winifred winston "
		"xander xenia ximena yael yannick yaroslav yasmina yasmine yelena yevgeny "
		"ylva yoko yoshi yuan yuri yves yvette zainab zaira zane zeynep zita zofia "
		"zoltan zora zsofia ",
	/* Words that hold a sentence together; none begins a name in lower case. */
	[WORDS_NAME_FURTHER] =
		" aaliyah aarav abdoulaye achieng addison aditi adwoa afia afonso aiden aigerim "
		"ainhoa aino aitor akari akosua alasdair alf alva alyona amaka amal aminata "
		"anahera anais ananya anastasiya ander andriy anh anjali anneke anneli anselm "
		"anze aoife arash arnau aroha artyom arvind asger ashlyn ashok attila aubrey "
		"aurelio avery ayaka ayanda ayodele azadeh bailey balazs baraka basia bastien "
		"baz beatriz becca behrouz bence bertie beto bex birte blake blaz bo bodil "
		"bohdan bojan bola bongani bozena branko brayden breanna brett brianna brody "
		"bronagh brooklyn camilla capucine carles carys casey catarina catriona caua "
		"cerys chad chema chiamaka chidambaram chidinma chuck chuy citlali clemence "
		"colton concepcion conor constanca corentin cormac csaba cuauhtemoc daan daiki "
		"dalton dariush darnell darragh davi dayo daz declan deepika deja delilah "
		"deshawn detlef devon dilshan dinara dinesh ditte diya dmytro dragan ebba edie "
		"edoardo eirik ekkehard eleri elisabetta elsie emyr encarnacion eniko enzo eoin "
		"ernst esperanza eunji ewan ezekiel farai farhad farida femi femke fenna ffion "
		"fionn florian folake freja friederike funmi gabor gabriele ganesh gauthier gaz "
		"gergo gethin giacomo gijs ginevra gisela gleb golnar goncalo gorka gosia "
		"gottfried grainne grzegorz guadalupe gudrun gurpreet gwendolyn hafsa hailey "
		"halyna hamish hania hank hannelore harish harper harpreet haruto hattie hayden "
		"heba heike heinz heitor heloise hemi hidde hieu hildegard hina hiroto hjalmar "
		"holger huong hyun ibrahima idris iestyn ifeanyi ikenna iker ildiko ilmari "
		"ilyas iman ingvar iryna isha ishaan istvan itziar jace jaden jago jamaal "
		"jamila jari jaspreet jax jayden jaz jazmine jelle jemima jeroen jiho jihoon "
		"jimin jisoo jitka jochen joost jordi jorg jovan judit jurre kabir kaisa kalani "
		"kamau kasia kasun katarzyna kavita kayden kayla kaylee kaz keisha kenta keoni "
		"khadijah khalid khoa kiara kike kimmo kinsley kiran kirsty koji kojo konrad "
		"krzysztof ksenia kunle kwesi kwon lachlan laia lakeisha laleh landon larissa "
		"lasse latasha latifa leilani liesbeth liesel liisa lindiwe ling linh loic ",
	[WORDS_NAME_YET] =
		" ludovica lupe lupita lutz lwazi maartje mackenzie maddox mads maelle maisie "
		"makoto malgorzata mamadou manaia manoj manon manpreet manuela marek maren "
		"margarethe margaux mariama marieke marija marketa marlies marquis marwan "
		"maryam masaki matej matilde maxence mazen meena meera mette mhairi michiko "
		"milica minho minji mio mitch moana montserrat monty morag moussa munir mwangi "
		"mykola nadira najwa nalani naoki nasir nat nataliya nate navdeep naveen navid "
		"neema nejc nenad nerea nerys nevaeh niall niccolo niels niloufar njeri nolan "
		"nomsa noriko nuria nurlan nuwan nyambura obinna oceane oisin oleksandr omid "
		"ophelia oriol osama otfried otieno ottoline ousmane owain paco padraig paisley "
		"pankaj parisa pawel petar peyton phuong pietro pirkko piroska polina pooja "
		"poppy praveen predrag priyanka quang quetzal radha ragnhild ramesh rami ramin "
		"rangi rasha rasmus reem rehema reiko reinhard reka renate rhodri riccardo riku "
		"riley rima riya rohan roisin ronan rory rosalinda roswitha rudiger rui ruqayya "
		"ruslan rustam ryo sachiko sachin sahar sakura sandeep sander sanduni satoshi "
		"savannah seamus segun seojun seoyeon shadi shaniqua shaz shirin shota siavash "
		"siebe siegfried signe silje silvester simran sione sipho sixten sjoerd skyler "
		"slobodan snezana solene solveig sooyoung sorcha soroush sota soyeon spencer "
		"steffen stellan steph sumayya suresh svenja svitlana swati sylvain tadhg tamer "
		"tamia tamsin tanvi tapio taras tarik taro tarquin tatenda taylor temitope "
		"tendai terrell tess tevita thabo thais thao themba thibault thijs thilini "
		"thilo thuy tibor tijn tilde tilly timur tjasa tommaso torben torbjorn trang "
		"trygve tuan tucker tunde tushar tuva tyrell uche unai vadim varun vasco veikko "
		"vihaan vilde vinh vittoria vivek vojtech volodymyr wael waltraud wambui "
		"wanjiru waylon willemijn wiremu wojtek wole wouter wyatt xabier xiang xiu "
		"xochitl yann yash yasin yasser yaw yejin yetunde yoshiko youri yousef youssef "
		"yui yulia yuna yuto zack zain zanele zawadi zayd zaynab zbigniew zdenka zeke "
		"zhen ziad zoran zoya zsofi zuri ",
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
	[WORDS_LANGUAGE] =
		" english french spanish german italian portuguese dutch swedish norwegian "
		"danish finnish icelandic polish czech slovak hungarian romanian bulgarian "
		"serbian croatian bosnian slovenian ukrainian russian belarusian greek turkish "
		"arabic hebrew persian farsi dari pashto urdu hindi bengali punjabi gujarati "
		"marathi tamil telugu kannada malayalam sinhala nepali thai lao vietnamese khmer "
		"burmese malay indonesian tagalog filipino japanese korean chinese mandarin "
		"cantonese mongolian tibetan kazakh uzbek georgian armenian azerbaijani albanian "
		"macedonian estonian latvian lithuanian irish gaelic welsh scots basque catalan "
		"galician luxembourgish maltese swahili amharic somali hausa yoruba igbo zulu "
		"xhosa afrikaans esperanto latin yiddish kurdish quechua guarani maori hawaiian "
		"samoan asl klingon breton frisian flemish corsican occitan romansh shona "
		"tigrinya wolof lingala kinyarwanda javanese cebuano ilocano hokkien hakka "
		"shanghainese creole sanskrit mixtec nahuatl navajo cherokee cree inuktitut sami "
		"faroese akan twi ewe fula oromo ",
	[WORDS_INSTRUMENT] =
		" piano guitar violin viola cello bass drums drum flute clarinet oboe bassoon "
		"saxophone sax trumpet trombone vuvuzela tuba horn harp banjo mandolin ukulele "
		"lute sitar accordion harmonica recorder organ keyboard keyboards synthesizer "
		"synth bagpipes bagpipe xylophone marimba vibraphone glockenspiel percussion "
		"tambourine triangle fiddle lyre zither dulcimer didgeridoo theremin harpsichord "
		"celesta kazoo ocarina cornet euphonium piccolo bongos congas cajon tabla erhu "
		"guzheng koto shamisen oud bouzouki balalaika djembe concertina melodica "
		"contrabassoon cymbals timpani kalimba handpan bodhran pan-flute hurdy-gurdy "
		"kora mbira steelpan pipa dizi ",
	[WORDS_SPORT] =
		" tennis football soccer basketball volleyball baseball softball hockey rugby "
		"cricket golf badminton squash table-tennis ping-pong pingpong handball lacrosse "
		"water-polo polo netball curling bowling darts snooker pool billiards chess "
		"ultimate frisbee paintball pickleball padel futsal racquetball dodgeball "
		"rounders kickball korfball floorball bandy hurling shinty croquet pétanque "
		"petanque boules quidditch paddle rowing swimming running cycling climbing judo "
		"karate boxing fencing wrestling archery gymnastics taekwondo surfing skiing "
		"snowboarding skating sailing kayaking canoeing triathlon yoga pilates crossfit "
		"weightlifting athletics diving bouldering parkour kickboxing ",
	[WORDS_CAR] =
		" toyota honda ford chevrolet chevy nissan mazda subaru mitsubishi suzuki "
		"hyundai kia volkswagen vw bmw audi mercedes mercedes-benz porsche opel vauxhall "
		"skoda škoda seat cupra renault peugeot citroen citroën dacia fiat alfa lancia "
		"ferrari lamborghini maserati volvo saab tesla polestar rivian lucid jeep dodge "
		"chrysler ram cadillac buick gmc lincoln lexus acura infiniti genesis mini "
		"jaguar land-rover land rover bentley rolls-royce aston mclaren lotus bugatti "
		"smart lada tata mahindra byd nio xpeng geely mg corolla camry prius yaris civic "
		"accord fiesta focus mustang golf polo passat beetle corvette camaro jetta "
		"tiguan octavia fabia clio twingo megane panda punto cinquecento leaf micra "
		"qashqai outback forester impreza miata wrangler sedan hatchback minivan "
		"convertible pickup suv truck van motorhome campervan camper station-wagon wagon "
		"car hybrid datsun trabant pontiac plymouth hummer rav4 cr-v bronco f-150 tundra "
		"tacoma sportage ceed zoe model ",
	/* Last words of pet breeds. */
	[WORDS_BREED] =
		" beagle poodle labrador lab retriever shepherd collie corgi dachshund terrier "
		"spaniel bulldog boxer husky malamute pug chihuahua rottweiler doberman "
		"dalmatian greyhound whippet hound bloodhound basset pointer setter schnauzer "
		"mastiff dane bernard samoyed akita shiba inu chow maltese shih tzu shihtzu "
		"shih-tzu bichon havanese papillon pomeranian pekingese weimaraner vizsla "
		"newfoundland sheepdog cattledog heeler ridgeback pinscher labradoodle "
		"goldendoodle cockapoo cavapoo puggle mutt mongrel mix crossbreed rescue westie "
		"yorkie siamese persian ragdoll sphynx bengal abyssinian birman burmese manx "
		"shorthair longhair coon munchkin tabby calico tortoiseshell tortie tuxedo "
		"angora himalayan bobtail rex budgie cockatiel macaw cockatoo parakeet lovebird "
		"conure arabian thoroughbred mustang clydesdale appaloosa friesian shetland "
		"haflinger lop dwarf netherland syrian roborovski springer lurcher wolfhound "
		"deerhound foxhound komondor puli leonberger barbet briard malinois lhasa apso "
		"jindo kelpie python gecko iguana ball-python tortoise chinchilla mainecoon "
		"quarterhorse percheron doodle frenchie staffie staffy grey pitbull pit-bull bull ",
	[WORDS_DIET] =
		" vegan vegetarian pescatarian pescetarian keto ketogenic paleo gluten-free "
		"dairy-free lactose-free plant-based halal kosher carnivore low-carb low-fat "
		"flexitarian mediterranean fruitarian raw lacto-vegetarian ovo-vegetarian veggie "
		"sugar-free low-fodmap macrobiotic omnivore atkins nut-free ",
	[WORDS_CONDITION] =
		" asthma diabetes epilepsy migraine migraines arthritis eczema psoriasis anemia "
		"anaemia hypertension adhd add autism asperger's aspergers dyslexia dyspraxia "
		"anxiety depression insomnia narcolepsy apnea apnoea ibs ibd crohn's crohns "
		"colitis celiac coeliac endometriosis pcos hypothyroidism hyperthyroidism lupus "
		"fibromyalgia gout glaucoma cataracts tinnitus vertigo scoliosis osteoporosis "
		"sciatica rosacea vitiligo alopecia hemophilia haemophilia ptsd ocd bipolar "
		"schizophrenia ms cancer leukemia leukaemia hiv hepatitis tuberculosis "
		"parkinson's parkinsons tourette's tourettes syndrome disease disorder "
		"tachycardia arrhythmia copd gerd reflux rhinitis hayfever hay-fever intolerance "
		"dysphoria bronchitis emphysema lymphoma melanoma thalassemia porphyria "
		"hashimoto's neuropathy prosopagnosia dyscalculia misophonia aphantasia ",
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
	[WORDS_ZODIAC] =
		" aries taurus gemini cancer leo virgo libra scorpio sagittarius capricorn "
		"aquarius pisces ",
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
	/* Workplaces named by a common noun. */
	[WORDS_INSTITUTION] =
		" government county city state army navy military municipality center centre agency bureau dealership office library hospital school university museum college bank factory bakery "
		"restaurant hotel airport zoo shop store supermarket pharmacy clinic theater "
		"theatre cinema station company firm agency church court prison police brewery "
		"observatory aquarium laboratory lab institute council ministry post nursery "
		"kindergarten gym farm warehouse shipyard port mill railway railroad startup "
		"start-up hospice embassy foundation cafe café pub bookshop bookstore boutique "
		"winery refinery quarry mine plant garage studio gallery salon spa resort casino "
		"charity practice surgery ",
	/* Words and names that make a school. */
	[WORDS_SCHOOL] =
		" university college school academy institute institution polytechnic "
		"conservatory seminary elementary high kindergarten gymnasium lyceum lycée "
		"faculty harvard yale princeton stanford mit ucla usc nyu caltech berkeley "
		"columbia cornell brown dartmouth oxford cambridge eth epfl imperial lse ucl kcl "
		"tufts duke emory vanderbilt georgetown purdue rutgers sorbonne heidelberg "
		"juilliard rmit unsw mcgill tum bocconi uni eton cmu ",
	[WORDS_VEHICLE] =
		" bike bicycle bus train tram car subway metro underground tube ferry boat "
		"scooter motorbike motorcycle moped foot taxi skateboard van carpool e-bike "
		"ebike streetcar trolley cab uber plane helicopter horse truck unicycle "
		"rollerblades walking cycling driving ",
	[WORDS_SEASON] = " spring summer autumn fall winter ",
	/* Fillers that may stand before or after any word of a pattern. */
	[WORDS_ADVERB] =
		" actually really absolutely currently now just also still recently originally mostly "
		"mainly usually always basically simply finally already even only definitely "
		"obviously officially presently honestly truly lately sadly proudly happily "
		"literally seriously totally part-time full-time remotely technically ",
	/* Words between "my" and a noun that change nothing. */
	[WORDS_MODIFIER] =
		" lil new current dear lovely beautiful sweet own only little big older younger "
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
	/* Places known in lower case, and never a name. */
	[WORDS_COUNTRY] =
		" afghanistan albania algeria argentina armenia australia austria bangladesh "
		"belgium bolivia bosnia brazil bulgaria cambodia cameroon canada chile china "
		"colombia croatia cuba cyprus denmark ecuador egypt england estonia ethiopia "
		"finland france germany ghana greece guatemala haiti honduras hungary iceland "
		"india indonesia iran iraq ireland israel italy jamaica japan kazakhstan kenya "
		"korea kosovo kuwait latvia lebanon libya lithuania luxembourg malaysia malta "
		"mexico moldova mongolia montenegro morocco nepal netherlands nicaragua nigeria "
		"norway pakistan panama paraguay peru philippines poland portugal romania russia "
		"scotland senegal serbia singapore slovakia slovenia somalia spain sudan sweden "
		"switzerland syria taiwan tanzania thailand tunisia turkey uganda ukraine "
		"uruguay usa uk us venezuela vietnam wales yemen zambia zimbabwe america africa "
		"asia europe antarctica hague bronx bahamas gambia london paris berlin madrid "
		"rome lisbon porto vienna prague tokyo beijing moscow dublin oslo stockholm "
		"copenhagen helsinki warsaw budapest athens istanbul cairo nairobi lagos delhi "
		"mumbai bangkok sydney melbourne toronto chicago boston seattle denver austin "
		"dallas houston miami atlanta portland amsterdam brussels munich hamburg cologne "
		"frankfurt zurich geneva milan naples barcelona valencia seville california "
		"texas florida ohio oregon mars ",
	[WORDS_COLOR] =
		" red blue green yellow orange purple violet pink brown black white gray grey "
		"teal turquoise cyan magenta maroon navy beige ivory gold silver indigo crimson "
		"scarlet lavender lilac mauve olive lime mint coral salmon peach aqua amber "
		"burgundy khaki tan cream charcoal fuchsia emerald sapphire ruby bronze copper "
		"rust mustard plum rose sky chartreuse periwinkle ",
	/* What "I like" and "I hate" are followed by in small talk. */
	[WORDS_NOT_LIKED] =
		" you it this that these those them him her what how when where being having to "
		"the my your his their our its talking chatting everything everyone nothing "
		"something anything all most both many some any none people myself yourself "
		"mondays way idea sound better more best less part parts boyfriend girlfriend "
		"hers yours ours theirs one ones stuff things thing going it's hearing seeing "
		"knowing working waiting living losing saying feeling getting ",
	/* Words that make a sports team of what one supports. */
	[WORDS_TEAM] =
		" arsenal chelsea liverpool everton tottenham spurs manchester leeds leicester "
		"newcastle fulham brentford villa palace wolves burnley celtic rangers hearts "
		"hibs aberdeen barcelona barça real madrid atletico atlético sevilla betis "
		"valencia juventus milan inter roma lazio napoli fiorentina bayern dortmund "
		"borussia schalke leipzig leverkusen werder psg marseille lyon lille monaco ajax "
		"psv feyenoord benfica sporting porto braga galatasaray fenerbahce fenerbahçe "
		"besiktas olympiacos boca river flamengo santos corinthians palmeiras united "
		"city fc cf sc afc ac as athletic athletics albion rovers wanderers town county "
		"hotspur villans lakers celtics bulls knicks warriors nets heat rockets "
		"mavericks suns nuggets clippers bucks sixers 76ers raptors hawks pistons "
		"cavaliers pacers magic hornets wizards jazz blazers kings thunder pelicans "
		"grizzlies timberwolves yankees mets cubs dodgers giants braves astros phillies "
		"cardinals padres orioles rays mariners angels twins royals tigers brewers reds "
		"pirates rockies nationals marlins guardians patriots packers cowboys steelers "
		"eagles chiefs bears broncos raiders chargers bills dolphins jets ravens bengals "
		"browns texans colts jaguars titans redskins commanders vikings lions falcons "
		"panthers saints buccaneers seahawks rams 49ers bruins canadiens oilers flames "
		"canucks leafs senators penguins flyers capitals islanders devils sabres sharks "
		"ducks avalanche blackhawks wild predators lightning hurricanes stars knights "
		"springboks wallabies team club galaxy sounders timbers crew dynamo hammers "
		"gunners magpies huskies wolverines buckeyes gators longhorns sooners hoosiers "
		"badgers spartans trojans ",
	/* Jobs whose holders are talked about by people who do not know them. */
	[WORDS_FAMOUS] =
		" actor actress singer director coach player artist rapper musician songwriter "
		"comedian drummer guitarist bassist lyricist rockstar star quarterback receiver "
		"pitcher goalie striker president politician senator vocalist superstar legend "
		"entertainer performer ",
	/* Employers known in lower case. */
	[WORDS_COMPANY] =
		" google amazon apple microsoft facebook meta netflix tesla spotify uber lyft "
		"airbnb twitter ibm intel nvidia amd oracle sap cisco dell hp samsung sony nokia "
		"ericsson siemens bosch philips ikea volvo bmw audi mercedes volkswagen toyota "
		"honda ford boeing airbus nasa walmart target costco starbucks mcdonalds "
		"mcdonald's lidl aldi tesco sainsbury's carrefour dhl fedex ups pfizer novartis "
		"roche bayer basf shell bp exxon deloitte kpmg pwc ey accenture mckinsey nike "
		"adidas lego zara h&m visa mastercard paypal stripe slack zoom adobe salesforce "
		"reddit linkedin pinterest dropbox github openai huawei alibaba tencent "
		"bytedance nestle unilever danone maersk ",
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
	if (word_among(sets[set], w))
		return true;
	return set == WORDS_NAME && /* one text may not pass 4095 bytes */
	       (word_in(WORDS_NAME_MORE, w) || word_in(WORDS_NAME_REST, w) ||
		word_in(WORDS_NAME_LAST, w) || word_in(WORDS_NAME_FURTHER, w) || word_in(WORDS_NAME_YET, w));
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
			{ "huband", "husband" }, { "husbend", "husband" }, { NULL, NULL } },
	['k' - 'a'] =
		(const struct spelling[]){
			{ "kitty", "kitten" }, { NULL, NULL } },
	['l' - 'a'] =
		(const struct spelling[]){
			{ "licence", "license" }, { NULL, NULL } },
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
			{ "wi-fi", "wifi" }, { NULL, NULL } },
};

const char *word_canonical(const char *w)
{
	const struct spelling *p = *w >= 'a' && *w <= 'z' ? spellings[*w - 'a'] : NULL;

	for (; p && p->written; p++)
		if (w[1] == p->written[1] && !strcmp(w, p->written))
			return p->meant;
	return w;
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
		"iner",	   "ator",     "gist",	  "cist",
	};

	if (word_in(WORDS_JOB, w))
		return true;
	if (word_in(WORDS_NOT_JOB, w) || word_in(WORDS_STATE, w))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(w, ends[i]))
			return true;
	return false;
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
