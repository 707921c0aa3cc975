"""Slack's short codes of the emoji that chats use most; other codes stay as they are (§14)."""

from typing import Final

_TABLE: Final = """
+1 👍 -1 👎 thumbsup 👍 thumbsdown 👎 100 💯 alarm_clock ⏰ alien 👽 angel 👼 angry 😠 anguished 😧
apple 🍎 arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ arrow_up ⬆️ art 🎨 astonished 😲 baby 👶 balloon 🎈
banana 🍌 bar_chart 📊 basketball 🏀 battery 🔋 bear 🐻 bee 🐝 beer 🍺 beers 🍻 bell 🔔 bike 🚲 bird 🐦
birthday 🎂 black_heart 🖤 blue_heart 💙 blush 😊 bomb 💣 book 📖 books 📚 boom 💥 bouquet 💐 bow 🙇 boy 👦
brain 🧠 bread 🍞 broken_heart 💔 brown_heart 🤎 bug 🐛 bulb 💡 burrito 🌯 bus 🚌 bust_in_silhouette 👤
cactus 🌵 cake 🍰 calendar 📆 call_me_hand 🤙 camera 📷 candy 🍬 car 🚗 cat 🐱 champagne 🍾 chart_with_upwards_trend 📈
chart_with_downwards_trend 📉 checkered_flag 🏁 cheese_wedge 🧀 cherry_blossom 🌸 chicken 🐔 chocolate_bar 🍫
christmas_tree 🎄 clap 👏 clinking_glasses 🥂 clipboard 📋 clown_face 🤡 cocktail 🍸 coffee ☕ cold_face 🥶
cold_sweat 😰 collision 💥 computer 💻 confetti_ball 🎊 confounded 😖 confused 😕 congratulations ㊗️ construction 🚧
cookie 🍪 cool 🆒 cow 🐮 cowboy 🤠 face_with_cowboy_hat 🤠 crab 🦀 crossed_fingers 🤞 hand_with_index_and_middle_fingers_crossed 🤞
crown 👑 cry 😢 crying_cat_face 😿 cucumber 🥒 cupid 💘 dancer 💃 dart 🎯 date 📅 deciduous_tree 🌳 disappointed 😞
disappointed_relieved 😥 dizzy 💫 dizzy_face 😵 dog 🐶 dollar 💵 dolphin 🐬 doughnut 🍩 dragon 🐉 drooling_face 🤤
droplet 💧 drum_with_drumsticks 🥁 duck 🦆 eagle 🦅 ear 👂 earth_africa 🌍 earth_americas 🌎 earth_asia 🌏 egg 🥚
eggplant 🍆 elephant 🐘 email 📧 envelope ✉️ exclamation ❗ heavy_exclamation_mark ❗ exploding_head 🤯 expressionless 😑
eye 👁️ eyes 👀 face_palm 🤦 facepalm 🤦 face_with_hand_over_mouth 🤭 face_with_monocle 🧐 face_with_rolling_eyes 🙄
face_with_symbols_on_mouth 🤬 face_with_thermometer 🤒 facepunch 👊 fallen_leaf 🍂 fearful 😨 fire 🔥 fireworks 🎆
first_place_medal 🥇 fish 🐟 fist 👊 flag-de 🇩🇪 flag-es 🇪🇸 flag-fr 🇫🇷 flag-gb 🇬🇧 flag-us 🇺🇸 flushed 😳 football 🏈
four_leaf_clover 🍀 fox_face 🦊 fries 🍟 frog 🐸 frowning 😦 fuelpump ⛽ full_moon 🌕 game_die 🎲 gear ⚙️ gem 💎
ghost 👻 gift 🎁 gift_heart 💝 girl 👧 globe_with_meridians 🌐 goat 🐐 grapes 🍇 green_apple 🍏 green_heart 💚
grey_exclamation ❕ grey_question ❔ grimacing 😬 grin 😁 grinning 😀 guitar 🎸 gun 🔫 hamburger 🍔 hammer 🔨
hammer_and_wrench 🛠️ hand 🤚 handshake 🤝 hankey 💩 hatching_chick 🐣 headphones 🎧 hear_no_evil 🙉 heart ❤️
heartbeat 💓 heart_eyes 😍 heart_eyes_cat 😻 heartpulse 💗 heavy_check_mark ✔️ heavy_heart_exclamation_mark_ornament ❣️
heavy_plus_sign ➕ heavy_minus_sign ➖ herb 🌿 hibiscus 🌺 honeybee 🐝 hot_face 🥵 hotdog 🌭 hourglass ⌛ house 🏠
hugging_face 🤗 hugs 🤗 hushed 😯 ice_cream 🍨 icecream 🍦 imp 👿 information_source ℹ️ innocent 😇 iphone 📱
jack_o_lantern 🎃 joy 😂 joy_cat 😹 key 🔑 keyboard ⌨️ kiss 💋 kissing 😗 kissing_closed_eyes 😚 kissing_heart 😘
kissing_smiling_eyes 😙 knife 🔪 koala 🐨 large_blue_circle 🔵 laughing 😆 satisfied 😆 leaves 🍃 lemon 🍋 light_bulb 💡
link 🔗 lion_face 🦁 lips 👄 lock 🔒 lollipop 🍭 loudspeaker 📢 love_letter 💌 lying_face 🤥 mag 🔍 mailbox 📫 man 👨
man-facepalming 🤦‍♂️ woman-facepalming 🤦‍♀️ man-shrugging 🤷‍♂️ woman-shrugging 🤷‍♀️ mask 😷 mega 📣 melting_face 🫠
melon 🍈 memo 📝 pencil 📝 metal 🤘 the_horns 🤘 microphone 🎤 middle_finger 🖕 money_mouth_face 🤑 money_with_wings 💸
moneybag 💰 monkey 🐒 monkey_face 🐵 moon 🌔 mountain ⛰️ mouse 🐭 muscle 💪 mushroom 🍄 musical_note 🎵 mute 🔇
nail_care 💅 nauseated_face 🤢 nerd_face 🤓 neutral_face 😐 new 🆕 no_entry ⛔ no_entry_sign 🚫 no_good 🙅 no_mouth 😶
nose 👃 notes 🎶 ocean 🌊 octopus 🐙 ok 🆗 ok_hand 👌 ok_woman 🙆 older_man 👴 older_woman 👵 open_hands 👐 open_mouth 😮
orange_heart 🧡 owl 🦉 package 📦 palm_tree 🌴 panda_face 🐼 paperclip 📎 partying_face 🥳 peach 🍑 penguin 🐧 pensive 😔
persevere 😣 phone ☎️ pig 🐷 pill 💊 pineapple 🍍 pinched_fingers 🤌 pizza 🍕 pleading_face 🥺 point_down 👇 point_left 👈
point_right 👉 point_up ☝️ point_up_2 👆 poop 💩 popcorn 🍿 potato 🥔 pouting_cat 😾 pray 🙏 princess 👸 punch 👊
purple_heart 💜 pushpin 📌 question ❓ rabbit 🐰 racehorse 🐎 radio 📻 rage 😡 rainbow 🌈 raised_back_of_hand 🤚
raised_hand ✋ raised_hands 🙌 raising_hand 🙋 ramen 🍜 recycle ♻️ red_circle 🔴 relaxed ☺️ relieved 😌 repeat 🔁 ribbon 🎀
rice 🍚 ring 💍 robot_face 🤖 rocket 🚀 rolling_on_the_floor_laughing 🤣 rofl 🤣 rose 🌹 rotating_light 🚨 rowboat 🚣
runner 🏃 running 🏃 sad 😞 salad 🥗 green_salad 🥗 saluting_face 🫡 santa 🎅 scream 😱 see_no_evil 🙈 seedling 🌱
shamrock ☘️ shark 🦈 shrug 🤷 shushing_face 🤫 sick 🤢 ski 🎿 skull 💀 sleeping 😴 sleepy 😪 slightly_frowning_face 🙁
slightly_smiling_face 🙂 upside_down_face 🙃 smile 😄 smiley 😃 smiley_cat 😺 smiling_face_with_3_hearts 🥰
smiling_face_with_tear 🥲 smiling_imp 😈 smirk 😏 smoking 🚬 snail 🐌 snake 🐍 sneezing_face 🤧 snowflake ❄️ snowman ⛄
sob 😭 soccer ⚽ sos 🆘 sparkle ❇️ sparkles ✨ sparkling_heart 💖 speak_no_evil 🙊 speech_balloon 💬 spider 🕷️ star ⭐
star-struck 🤩 star2 🌟 stars 🌠 steam_locomotive 🚂 stop_sign 🛑 strawberry 🍓 stuck_out_tongue 😛
stuck_out_tongue_closed_eyes 😝 stuck_out_tongue_winking_eye 😜 sun_with_face 🌞 sunflower 🌻 sunglasses 😎 sunny ☀️
sunrise 🌅 surfer 🏄 sushi 🍣 sweat 😓 sweat_drops 💦 sweat_smile 😅 swimmer 🏊 taco 🌮 tada 🎉 tangerine 🍊 taxi 🚕
tea 🍵 telephone_receiver 📞 tennis 🎾 tent ⛺ thinking_face 🤔 thought_balloon 💭 tiger 🐯 tired_face 😫 tomato 🍅
tongue 👅 tractor 🚜 train 🚋 triumph 😤 trophy 🏆 tropical_drink 🍹 truck 🚚 tulip 🌷 turtle 🐢 tv 📺 two_hearts 💕
umbrella ☔ unamused 😒 unicorn_face 🦄 unlock 🔓 v ✌️ vertical_traffic_light 🚦 video_game 🎮 violin 🎻 vomiting 🤮
face_vomiting 🤮 vulcan_salute 🖖 spock-hand 🖖 warning ⚠️ watch ⌚ watermelon 🍉 wave 👋 waving_white_flag 🏳️ weary 😩
whale 🐳 white_check_mark ✅ white_heart 🤍 wilted_flower 🥀 wine_glass 🍷 wink 😉 wolf 🐺 woman 👩 woozy_face 🥴
worried 😟 wrench 🔧 writing_hand ✍️ x ❌ yawning_face 🥱 yellow_heart 💛 yum 😋 zany_face 🤪 zap ⚡ zipper_mouth_face 🤐
zombie 🧟 zzz 💤 simple_smile 🙂 slightly_smiling 🙂
"""
_WORDS = _TABLE.split()
EMOJI: Final = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
