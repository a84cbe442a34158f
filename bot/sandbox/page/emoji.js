// Slack's names of emoji, for those that a rollout needs. An unknown name stays as it is written.

export const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  raised_hand: "✋", hand: "✋", wave: "👋", "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", clap: "👏", pray: "🙏",
  rewind: "⏪", fast_forward: "⏩", arrow_forward: "▶️", arrow_backward: "◀️", double_vertical_bar: "⏸️", pause_button: "⏸️",
  black_square_for_stop: "⏹️", leftwards_arrow_with_hook: "↩️", arrow_right_hook: "↪️", arrows_counterclockwise: "🔄",
  eyes: "👀", warning: "⚠️", rotating_light: "🚨", octagonal_sign: "🛑", stop_sign: "🛑", no_entry: "⛔", no_entry_sign: "🚫",
  rocket: "🚀", tada: "🎉", fire: "🔥", boom: "💥", skull: "💀", bird: "🐦", baby_chick: "🐤", hatched_chick: "🐥", hatching_chick: "🐣",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", timer_clock: "⏲️", alarm_clock: "⏰", clock1: "🕐", calendar: "📅",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", large_green_square: "🟩", large_yellow_square: "🟨", large_red_square: "🟥",
  white_large_square: "⬜", black_large_square: "⬛", question: "❓", grey_question: "❔", exclamation: "❗",
  heavy_exclamation_mark: "❗", information_source: "ℹ️", bulb: "💡", memo: "📝", pencil: "📝", clipboard: "📋", link: "🔗",
  lock: "🔒", unlock: "🔓", key: "🔑", bell: "🔔", no_bell: "🔕", mega: "📣", loudspeaker: "📢", speech_balloon: "💬",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", mag: "🔍", books: "📚", book: "📖",
  bookmark_tabs: "📑", page_facing_up: "📄", scroll: "📜", package: "📦", wrench: "🔧", hammer: "🔨", gear: "⚙️", shield: "🛡️",
  snowflake: "❄️", zap: "⚡", sos: "🆘", ok: "🆗", ok_hand: "👌", muscle: "💪", star: "⭐", sparkles: "✨", heart: "❤️",
  smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", cry: "😢", sweat_smile: "😅", robot_face: "🤖",
  arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️", heavy_minus_sign: "➖", heavy_plus_sign: "➕",
  one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣", small_blue_diamond: "🔹", small_orange_diamond: "🔸",
  construction: "🚧", vertical_traffic_light: "🚦", checkered_flag: "🏁", triangular_flag_on_post: "🚩", seedling: "🌱",
};

export const PICKER = ["white_check_mark", "raised_hand", "rewind", "eyes", "+1", "tada"];

export const emojiFor = (name) => EMOJI[name.replace(/::skin-tone-\d$/, "")] || `:${name}:`;
