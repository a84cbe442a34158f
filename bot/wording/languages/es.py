"""Spanish, as it is spoken in a war room in Madrid: short, impersonal, what is to be done in the infinitive.

What people there say in English stays English: rollback, preflight, kill switch, cooldown, checkpoint, shell, ticket.
What is typed or stands in a plan is never translated: commands, verbs, conditions, names. Digits stay as they are, too:
`numbers.py` says why.

    rollout         despliegue      (masculine: the words for its states agree with it)
    stage           fase
    weight          peso
    bake            rodaje          in rodaje: confirmed time at a weight
    gate            puerta
    approval        aprobación
    hold, held      pausa, en pausa
    resume          reanudar
    check           comprobación
    condition       condición
    trigger         disparador
    verdict         veredicto       pasa · pasa con avisos · no pasa · sin datos · incumplimiento
    baseline        línea base
    drift           desvío
    freeze          congelación, congelado
    kill, killed    corte, cortado  what the kill switch does
    rehearsal       ensayo
    evidence        evidencia, registro
    owner           responsable
"""

from __future__ import annotations

from bot.wording.language import Catalogue

ES: Catalogue = {
    # Small words
    "Done.": "Hecho.",
    "{first} and {last}": "{first} y {last}",
    "{first} or {last}": "{first} o {last}",
    "{count} more": "{count} más",
    "… and {count} more": "… y {count} más",
    "… and {more} more.": "… y {more} más.",
    "somebody": "alguien",
    "nothing": "nada",
    "now": "ahora",
    "unknown": "desconocido",
    "not yet": "todavía no",
    "button": "botón",
    "reaction": "reacción",
    "verb": "comando",
    "shell": "shell",
    "{name} (from a shell)": "{name} (desde una shell)",
    "{name} in {environment}": "{name} en {environment}",
    "no reason given": "sin motivo indicado",
    # Times
    "in under 1 s": "en menos de 1 s",
    "in {span}": "en {span}",
    "{at} (in {span})": "{at} (en {span})",
    "{at} (now due)": "{at} (ya vence)",
    "until {at}": "hasta {at}",
    # States and verdicts
    "in preflight": "en preflight",
    "moving": "moviendo tráfico",
    "baking": "en rodaje",
    "waiting for approval": "pendiente de aprobación",
    "on hold": "en pausa",
    "rolling back": "haciendo rollback",
    "being killed": "en pleno corte",
    "stuck on its way down": "atascado al bajar",
    "completed": "completado",
    "rolled back": "con rollback hecho",
    "killed": "cortado",
    "aborted before any traffic moved": "abortado antes de mover tráfico",
    "✅ pass": "✅ pasa",
    "⚠️ pass with warnings": "⚠️ pasa con avisos",
    "❌ fail": "❌ no pasa",
    "❔ no data": "❔ sin datos",
    "🛑 breach": "🛑 incumplimiento",
    "no verdict": "sin veredicto",
    # Numbers and conditions
    "no data": "sin datos",
    "not a number": "no es un número",
    "at the limit of {limit}": "justo en el límite de {limit}",
    "over the limit of {limit}": "por encima del límite de {limit}",
    "under the limit of {limit}": "por debajo del límite de {limit}",
    "just over the limit of {limit}": "apenas por encima del límite de {limit}",
    "just under the limit of {limit}": "apenas por debajo del límite de {limit}",
    "{times}× the limit of {limit}": "{times}× el límite de {limit}",
    "{percent}% over the limit of {limit}": "{percent}% por encima del límite de {limit}",
    "{percent}% under the limit of {limit}": "{percent}% por debajo del límite de {limit}",
    "{points} pp over the limit of {limit}": "{points} pp por encima del límite de {limit}",
    "{points} pp under the limit of {limit}": "{points} pp por debajo del límite de {limit}",
    "at {limit}": "justo en {limit}",
    "{times}× {limit}": "{times}× {limit}",
    "{percent}% over {limit}": "{percent}% sobre {limit}",
    "{percent}% under {limit}": "{percent}% bajo {limit}",
    "{points} pp over {limit}": "{points} pp sobre {limit}",
    "{points} pp under {limit}": "{points} pp bajo {limit}",
    "over {limit}": "por encima de {limit}",
    "under {limit}": "por debajo de {limit}",
    "at least {limit}": "como mínimo en {limit}",
    "at most {limit}": "como máximo en {limit}",
    "exactly {limit}": "exactamente en {limit}",
    "anything but {limit}": "en un valor distinto de {limit}",
    "up": "operativo",
    "down": "caído",
    "{subject} is {seen}": "{subject} está {seen}",
    "{subject} was {seen}": "{subject} estaba {seen}",
    "{subject} was {value}": "{subject} estaba en {value}",
    "{subject} is {wanted} again": "{subject} vuelve a estar {wanted}",
    "{subject} is not {wanted}": "{subject} no está {wanted}",
    "{subject} is not {wanted} after {span}": "{subject} no está {wanted} después de {span}",
    "{claim} holds": "{claim} se cumple",
    "{claim} does not hold": "{claim} no se cumple",
    "no data, {why}": "sin datos, {why}",
    "not true": "no se cumple",
    # A person's page
    "Nothing waits for you": "No hay nada pendiente para ti",
    "{count} thing waits for you": "{count} cosa pendiente para ti",
    "{count} things wait for you": "{count} cosas pendientes para ti",
    "{name} waits for your approval at {weight}": "{name} espera tu aprobación al {weight}",
    "{name} asks you to look at a checkpoint": "{name} pide que mires un checkpoint",
    "{name} is on hold at {weight}, and the hold is yours": (
        "{name} está en pausa al {weight}, y la pausa está a tu cargo"
    ),
    "You watch {name}, at {weight}": "Vigilas {name}, al {weight}",
    "Nothing is being rolled out. `/canary start` begins.": "No hay ningún despliegue. `/canary start` inicia uno.",
    "{count} rollout is live": "{count} despliegue en marcha",
    "{count} rollouts are live": "{count} despliegues en marcha",
    "{count} more is live": "{count} más en marcha",
    "{count} more are live": "{count} más en marcha",
    "… and {count} more: `/canary list`": "… y {count} más: `/canary list`",
    "*{name}* in {environment}: {weight}, {state}; {verdict}; since {started}": (
        "*{name}* en {environment}: {weight}, {state}; {verdict}; desde {started}"
    ),
    "How the last ones ended": "Cómo terminaron los últimos",
    "{at} {name}: {state} at {weight} after {lasted}, started by {by}": (
        "{at} {name}: {state} al {weight} después de {lasted}, iniciado por {by}"
    ),
    "Open its message": "Abrir su mensaje",
    "This page follows by itself. Every verb: `/canary help`": (
        "Esta página se actualiza sola. Todos los comandos: `/canary help`"
    ),
    # Who watches
    "Watcher": "Quién vigila",
    "👀 {to} watches {name} now; you don't have to any more.": (
        "👀 {to} vigila ahora {name}; tú ya no tienes que hacerlo."
    ),
    "To take it back: `/canary watch {plan}`": "Para recuperarlo: `/canary watch {plan}`",
    "Whose holds and unanswered gates it will be; you, if nobody is chosen.": (
        "Quien recibirá las pausas y las puertas sin respuesta; tú, si no se elige a nadie."
    ),
    "👀 {to} watches {name} now, in place of {former}.": "👀 {to} vigila ahora {name}, en lugar de {former}.",
    "👀 {by} handed {name} over from {former} to {to}.": "👀 {by} ha pasado {name} de {former} a {to}.",
    "👀 {by} made you the watcher of {name}.": "👀 {by} te ha puesto a vigilar {name}.",
    "It is on hold, and the hold is yours now: {why}.": "Está en pausa, y la pausa queda a tu cargo: {why}.",
    "Holds and unanswered gates come to you. Next: `/canary status {plan}`": (
        "Las pausas y las puertas sin respuesta te llegan a ti. Siguiente paso: `/canary status {plan}`"
    ),
    "To hand it on: `/canary watch {plan} @SOMEBODY`": "Para pasarlo a otra persona: `/canary watch {plan} @SOMEBODY`",
    "{who} watches it now.": "Ahora lo vigila {who}.",
    "One person watches a rollout; nothing was changed.": (
        "Un despliegue lo vigila una sola persona; no se ha cambiado nada."
    ),
    "{plan} is over; there's nothing to watch any more.": "{plan} ha terminado; ya no hay nada que vigilar.",
    "{entry} is a group; name one person. Nothing was changed.": (
        "{entry} es un grupo; hay que nombrar a una persona. No se ha cambiado nada."
    ),
    "There is nobody called {entry}; nothing was changed.": (
        "No hay nadie que se llame {entry}; no se ha cambiado nada."
    ),
    "{entry} can't watch a rollout ({why}).": "{entry} no puede vigilar un despliegue ({why}).",
    "Slack can't say who {entry} is right now; nothing was changed.": (
        "Slack no puede decir ahora mismo quién es {entry}; no se ha cambiado nada."
    ),
    "watched by {who}": "lo vigila {who}",
    "baseline {value}": "línea base {value}",
    "for {span}": "durante {span}",
    "age of {metric}": "antigüedad de {metric}",
    "availability of {metric}": "disponibilidad de {metric}",
    "{some} of {wanted}": "{some} de {wanted}",
    "true for {span}": "se cumple desde hace {span}",
    "{status} in {took}": "{status} en {took}",
    "{status} in under {ms} ms": "{status} en menos de {ms} ms",
    "Baseline of {metric}: none so far ({how})": "Línea base de {metric}: ninguna por ahora ({how})",
    "Baseline of {metric}: {value} from {count} sample ({how})": (
        "Línea base de {metric}: {value} con {count} muestra ({how})"
    ),
    "Baseline of {metric}: {value} from {count} samples ({how})": (
        "Línea base de {metric}: {value} con {count} muestras ({how})"
    ),
    # Checks
    "{verdict} at {weight}: {name}": "{verdict} al {weight}: {name}",
    "{verdict} (was {before})": "{verdict} (antes: {before})",
    "{verdict} (as before, but other conditions)": "{verdict} (como antes, pero por otras condiciones)",
    "{verdict}, at {weight} at {at}.": "{verdict}, al {weight} a las {at}.",
    "{verdict}, at {weight}.": "{verdict}, al {weight}.",
    "📍 Checkpoint {moment} of {name} at {weight}: {verdict}.": (
        "📍 Checkpoint {moment} de {name} al {weight}: {verdict}."
    ),
    "❔ {name} has no data at {weight}; that's neither good nor bad.": (
        "❔ {name} no tiene datos al {weight}; eso no es ni bueno ni malo."
    ),
    "a measurement": "una medición",
    "Missing: {what}": "Falta: {what}",
    "it goes on waiting": "sigue esperando",
    "It waits and doesn't rise. If that stays so until {at}: {then}.": (
        "Espera y no sube. Si sigue así hasta {at}: {then}."
    ),
    "It waits and doesn't rise. If that stays so: {then}.": "Espera y no sube. Si sigue así: {then}.",
    # The way up
    "🚀 {by} started {title}.": "🚀 {by} ha iniciado {title}.",
    "Observe only: Perch judges and tells, and touches nothing.": (
        "Solo observación: Perch evalúa e informa, y no toca nada."
    ),
    "⚠️ The cooldown was overruled: {reason} (fix: {fix}).": (
        "⚠️ Se ha saltado el cooldown: {reason} (corrección: {fix})."
    ),
    "no ticket named": "sin ticket indicado",
    "⚠️ The plan has changed since its last rollout ({since}):": (
        "⚠️ El plan ha cambiado desde su último despliegue ({since}):"
    ),
    "The plan's file has changed since {since}, but nothing that it says.": (
        "El fichero del plan ha cambiado desde {since}, pero nada de lo que dice."
    ),
    "{place}: {now} is new.": "{place}: {now} es nuevo.",
    "{place}: {before} is gone.": "{place}: {before} ya no está.",
    "{place}: {now}, was {before}.": "{place}: {now}, antes {before}.",
    "✅ Preflight of {name} passed: every source and target answered.": (
        "✅ Preflight de {name} superado: todas las fuentes y destinos han respondido."
    ),
    "No data yet, as usual before the first traffic: {notes}.": (
        "Todavía sin datos, como es normal antes del primer tráfico: {notes}."
    ),
    "▶ {name} is at {weight} (before: {before}), read back {took}.": (
        "▶ {name} está al {weight} (antes: {before}), leído de vuelta {took}."
    ),
    "It bakes for {bake}.": "Rodaje de {bake}.",
    "It bakes for {bake}; values settle for {settle} first.": (
        "Rodaje de {bake}; antes, los valores se asientan durante {settle}."
    ),
    "{by} approved {name}": "{by} ha aprobado {name}",
    "{by} approved {name} by {how}": "{by} ha aprobado {name} ({how})",
    "✅ {approved}: {have} of {need}.": "✅ {approved}: {have} de {need}.",
    "That's enough; it goes up once the check is fresh.": (
        "Son suficientes; sube en cuanto haya una comprobación reciente."
    ),
    "More are needed.": "Hacen falta más.",
    "{by} took the approval of {name} back; it doesn't count any more.": (
        "{by} ha retirado su aprobación de {name}; ya no cuenta."
    ),
    "❌ {by} rejected the gate of {name}: {reason}.": "❌ {by} ha rechazado la puerta de {name}: {reason}.",
    "❌ {by} rejected the start of {name}: {reason}.": "❌ {by} ha rechazado el inicio de {name}: {reason}.",
    "It ends here; nothing has moved, and no cooldown begins.": (
        "Termina aquí; no se ha movido nada, y no empieza ningún cooldown."
    ),
    "That's enough; it starts once preflight is fresh.": "Con eso basta; empieza en cuanto el preflight sea reciente.",
    "Nothing moves before its start has {approvals}, after a green preflight.": (
        "No se mueve nada hasta que el inicio tenga {approvals}, tras un preflight en verde."
    ),
    "The plan's approvals for a start aren't asked for: nothing rises by taking over.": (
        "No se piden las aprobaciones de inicio del plan: al hacerse cargo no sube nada."
    ),
    "It goes on hold.": "Pasa a pausa.",
    "⬆ {name} is promoted: {way}, approved by {by}.": "⬆ {name} sube: {way}, con la aprobación de {by}.",
    "⚠️ Approved with warnings: {warnings}.": "⚠️ Aprobado con avisos: {warnings}.",
    "The bake was ended early: {why}.": "El rodaje se ha acortado: {why}.",
    "⚠️ {by} ended the bake of {name} at {weight} early: {reason}.": (
        "⚠️ {by} ha acortado el rodaje de {name} al {weight}: {reason}."
    ),
    "The verdict and the approvals are still needed. This is in the evidence.": (
        "El veredicto y las aprobaciones siguen haciendo falta. Queda en el registro."
    ),
    "✋ {name} is on hold at {weight}: {why}.": "✋ {name} está en pausa al {weight}: {why}.",
    "✋ {name} is on hold at {weight} by {by}: {why}.": "✋ {by} ha puesto {name} en pausa al {weight}: {why}.",
    "Owner: {owner}.": "Responsable: {owner}.",
    "it stays on hold": "sigue en pausa",
    "If nobody acts until {until}: {then}.": "Si nadie actúa hasta {until}: {then}.",
    "Resume it or roll it back. Checks go on, and rollback triggers stay on.": (
        "Reanudar o hacer rollback. Las comprobaciones siguen, y los disparadores de rollback también."
    ),
    "Resume it once the freeze is over, or roll it back. Checks go on, and rollback triggers stay on.": (
        "Reanudar cuando acabe la congelación, o hacer rollback. "
        "Las comprobaciones siguen, y los disparadores de rollback también."
    ),
    "Once its window is open: `/canary resume {plan}`; or `/canary rollback {plan}`": (
        "Cuando se abra su ventana: `/canary resume {plan}`; o `/canary rollback {plan}`"
    ),
    "✋ Nobody acted on the hold of {name} in time: it stays on hold at {weight}.": (
        "✋ Nadie ha resuelto a tiempo la pausa de {name}: sigue en pausa al {weight}."
    ),
    "Why it is held: {why}. Owner: {owner}.": "Motivo de la pausa: {why}. Responsable: {owner}.",
    "Next: resume it or roll it back. Perch asks again {at}.": (
        "Siguiente paso: reanudar o hacer rollback. Perch vuelve a preguntar: {at}."
    ),
    "▶ {by} resumed {name} at {weight}.": "▶ {by} ha reanudado {name} al {weight}.",
    "The bake goes on where it stopped; a gate needs a new check.": (
        "El rodaje sigue donde se quedó; una puerta necesita una comprobación nueva."
    ),
    "▶ {by} resumed {name}; preflight runs again before anything moves.": (
        "▶ {by} ha reanudado {name}; el preflight se repite antes de mover nada."
    ),
    "{name} bakes {span} longer at {weight}.": "{name} prolonga {span} su rodaje al {weight}.",
    "{name} bakes again from the start at {weight}.": "{name} repite el rodaje desde el principio al {weight}.",
    "Not met: {conditions}.": "No se cumple: {conditions}.",
    "⚠️ {name}: {wanted} was set, {real} is read back after {within}.": (
        "⚠️ {name}: se fijó {wanted} y se lee {real} después de {within}."
    ),
    "Perch goes back to the weight before, and holds. Look at the traffic target, then resume or roll back.": (
        "Perch vuelve al peso anterior y pausa. Revisar el destino del tráfico; después, reanudar o hacer rollback."
    ),
    "⚠️ {name} drifted: {recorded} was set, {real} is real.": (
        "⚠️ Desvío en {name}: se fijó {recorded} y el real es {real}."
    ),
    "Perch lowered it to what was approved, and holds.": "Perch lo ha bajado a lo aprobado, y pausa.",
    "Perch holds and touches nothing.": "Perch pausa y no toca nada.",
    "Somebody or something else moved it. Find out who, then resume or roll back.": (
        "Lo ha movido otra persona u otro sistema. Averiguar quién; después, reanudar o hacer rollback."
    ),
    "{name}: {version} runs again, instead of {before}.": "{name}: vuelve a ejecutarse {version}, en vez de {before}.",
    "⚠️ {name}: {after} runs now, and no longer {before}.": "⚠️ {name}: ahora se ejecuta {after}, y ya no {before}.",
    "What was measured and approved was about {version}. Nothing rises meanwhile.": (
        "Lo medido y aprobado era de {version}. Entretanto nada sube."
    ),
    "Deploy {version} again and resume, or roll back and start anew.": (
        "Despliega otra vez {version} y reanuda, o revierte y empieza de nuevo."
    ),
    "the version": "la versión",
    "another version: {before} → {after}": "otra versión: {before} → {after}",
    "⚠️ The mirror of {name} drifted: {recorded} was set, {real} is real.": (
        "⚠️ Desvío en la copia de tráfico de {name}: se fijó {recorded} y el real es {real}."
    ),
    "Perch holds and doesn't turn it up again: roll back, and start anew to mirror.": (
        "Perch pausa y no vuelve a subirla: para copiar tráfico otra vez, hacer rollback y empezar de nuevo."
    ),
    "🪞 {share} of requests are mirrored to it; nobody gets its answers.": (
        "🪞 Se le copia el {share} de las peticiones; nadie recibe sus respuestas."
    ),
    "{weight}, {share} mirrored": "{weight}, copia del {share}",
    "⚠️ {name}: the weight can't be read since {since}, so drift can't be seen.": (
        "⚠️ {name}: el peso no se puede leer desde {since}, así que un desvío no se vería."
    ),
    "The bake stands still and nothing rises meanwhile; rollback and kill work. Mend what answers for it.": (
        "Mientras tanto el rodaje se detiene y nada sube; rollback y kill funcionan. Arreglar lo que debe responder."
    ),
    "{name}: the weight can be read again, and is {real}.": "{name}: el peso se puede leer otra vez, y es {real}.",
    "⚠️ A raise of {name} to {weight} arrived after the way down had begun.": (
        "⚠️ Una subida de {name} al {weight} ha llegado cuando ya se estaba bajando."
    ),
    "⚠️ A rearm arrived late, while {name} is killed.": "⚠️ Un rearme ha llegado tarde, mientras {name} está cortado.",
    "Perch engaged the kill switch again: {methods}.": "Perch ha vuelto a accionar el interruptor: {methods}.",
    "❌ still not engaged: {what}": "❌ sigue sin accionarse: {what}",
    "Perch undid it; the weight is read back as {real}.": "Perch la ha deshecho; el peso leído de vuelta es {real}.",
    # The way down
    "⏪ {name} is rolling back, {way}: {why}.": "⏪ Rollback de {name} en curso, {way}: {why}.",
    "⏪ {name} is rolling back, {way}, {by} asked for it: {why}.": (
        "⏪ Rollback de {name} en curso, {way}, a petición de {by}: {why}."
    ),
    "⏪ {title} was rolled back: {frm} → {to} {took}.": "⏪ Rollback hecho de {title}: {frm} → {to} {took}.",
    "*Why:* {reason}.": "*Motivo:* {reason}.",
    "*Why:* {reason}. {causes}.": "*Motivo:* {reason}. {causes}.",
    "*Why:* {reason}, a rollback trigger of the plan. {causes}.": (
        "*Motivo:* {reason}, un disparador de rollback del plan. {causes}."
    ),
    "*What Perch did:* it set the traffic to {to} and read it back, done at {at}.": (
        "*Qué ha hecho Perch:* ha puesto el tráfico al {to} y lo ha leído de vuelta, listo a las {at}."
    ),
    "*Customers:* {exposure}.": "*Clientes:* {exposure}.",
    "not affected by Perch, which only observed": "sin efecto por parte de Perch, que solo observaba",
    "as far as Perch read back, none of the traffic went to the new version": (
        "según lo que Perch leyó de vuelta, nada del tráfico fue a la versión nueva"
    ),
    "at most all of the traffic went to the new version, for {span} from {since}": (
        "como máximo todo el tráfico fue a la versión nueva, durante {span} desde {since}"
    ),
    "at most {weight} of the traffic went to the new version, for {span} from {since}; "
    "the rest stayed on the old one": (
        "como máximo el {weight} del tráfico fue a la versión nueva, durante {span} desde {since}; "
        "el resto siguió en la anterior"
    ),
    "*Next:* it is on hold at {there}. Find the cause, then resume it or roll it back to 0%.": (
        "*Siguiente paso:* está en pausa al {there}. Buscar la causa; después, reanudar o hacer rollback a 0%."
    ),
    "*Next:* find the cause and mend it. A new start is possible {at}.": (
        "*Siguiente paso:* buscar la causa y arreglarla. Se puede volver a iniciar: {at}."
    ),
    'Sooner, with the override role: `{start} override="what was fixed" fix=TICKET`': (
        'Antes, con el rol de override: `{start} override="what was fixed" fix=TICKET`'
    ),
    "*Runbook* of {metric}: {hints}": "*Runbook* de {metric}: {hints}",
    # Incidents
    "An incident needs its severity: sev1 (critical), sev2 (major), sev3 (minor) or sev4 (low).": (
        "Una incidencia necesita su severidad: sev1 (crítica), sev2 (grave), sev3 (menor) o sev4 (leve)."
    ),
    "An incident needs to say what happened.": "Una incidencia tiene que decir qué ha pasado.",
    "Incident {id}, {severity}, since {at}: {what} ({by})": "Incidencia {id}, {severity}, desde {at}: {what} ({by})",
    "Incident {id}, {severity}, {at}, over after {lasted}: {what} ({by})": (
        "Incidencia {id}, {severity}, {at}, terminada tras {lasted}: {what} ({by})"
    ),
    "It isn't completed while these count: {ids}.": "No se completa mientras cuenten estas: {ids}.",
    "It was: {what}. {by} said that it's over.": "Era: {what}. {by} ha dicho que ha terminado.",
    "No incident is open.": "No hay ninguna incidencia abierta.",
    "The incident is on record.": "La incidencia queda registrada.",
    "The incident is over, and that is on record.": "La incidencia ha terminado, y queda registrado.",
    "To open one: `/canary incident NAME sev2 what happened`": (
        "Para abrir una: `/canary incident NAME sev2 what happened`"
    ),
    "To open one: `/canary incident {plan} sev2 what happened`": (
        "Para abrir una: `/canary incident {plan} sev2 what happened`"
    ),
    "When it's over: `/canary incident {plan} end {id}`": "Cuando termine: `/canary incident {plan} end {id}`",
    "Which incident is over? Open: {known}. Nothing was changed.": (
        "¿Qué incidencia ha terminado? Abiertas: {known}. No se ha cambiado nada."
    ),
    "While it is open, the rollout isn't completed.": "Mientras esté abierta, el despliegue no se completa.",
    "critical": "crítica",
    "major": "grave",
    "minor": "menor",
    "low": "leve",
    "incident {id} ({what}) is over, but counts in this plan all the same: roll back, or replan": (
        "la incidencia {id} ({what}) ha terminado, pero en este plan cuenta igual: hacer rollback o replan"
    ),
    "incident {id} to be over: {what}": "el fin de la incidencia {id}: {what}",
    "the thread tells, of sev1 and sev2 the channel. An open sev1 keeps it from completion.": (
        "lo cuenta el hilo, y sev1 y sev2 también el canal. Una sev1 abierta impide que se complete."
    ),
    "{count} incident is open.": "Hay {count} incidencia abierta.",
    "{count} incidents are open.": "Hay {count} incidencias abiertas.",
    "{count} incident of {plan}.": "{count} incidencia de {plan}.",
    "{count} incidents of {plan}.": "{count} incidencias de {plan}.",
    "{plan} has had no incident.": "{plan} no ha tenido ninguna incidencia.",
    "{plan} has no open incident; nothing was changed.": (
        "{plan} no tiene ninguna incidencia abierta; no se ha cambiado nada."
    ),
    "{what}, says {by}.": "{what}, dice {by}.",
    "… and {count} more open incident": "… y {count} incidencia abierta más",
    "… and {count} more open incidents": "… y {count} incidencias abiertas más",
    "🔥 Incident {id} of {name}: {severity}.": "🔥 Incidencia {id} de {name}: {severity}.",
    "🟢 Incident {id} of {name}, {severity}, is over after {lasted}.": (
        "🟢 La incidencia {id} de {name}, {severity}, ha terminado tras {lasted}."
    ),
    "Then: {after}. To end the incident: `/canary incident {plan} end {id}`": (
        "Después: {after}. Para terminar la incidencia: `/canary incident {plan} end {id}`"
    ),
    # Diagnoses of bad metrics
    "diagnosis of {name}": "el diagnóstico de {name}",
    "⚠️ Runbooks couldn't look at: {notes}.": "⚠️ Los runbooks no podrían mirar: {notes}.",
    "🔎 Diagnosis of {metric}{why}.": "🔎 Diagnóstico de {metric}{why}.",
    "🔎 Diagnosis of {metric}{why} ({missed}).": "🔎 Diagnóstico de {metric}{why} ({missed}).",
    "🔎 No diagnosis of {metric}{why}.": "🔎 Sin diagnóstico de {metric}{why}.",
    "{count} look of {all} failed": "{count} consulta de {all} ha fallado",
    "{count} looks of {all} failed": "{count} consultas de {all} han fallado",
    "Perch was interrupted while it looked, and has no answer.": (
        "Perch se interrumpió mientras miraba y no tiene respuesta."
    ),
    "Look again: `/canary diagnose {plan} {metric}`": "Mirar otra vez: `/canary diagnose {plan} {metric}`",
    "❔ {what} failed: {why}": "❔ {what} ha fallado: {why}",
    "(it said nothing)": "(no ha dicho nada)",
    "… and {count} line more": "… y {count} línea más",
    "… and {count} lines more": "… y {count} líneas más",
    "… and more, which was cut off": "… y más, que se ha cortado",
    "The record has more of it: `perch evidence show {id}`": "El registro tiene más: `perch evidence show {id}`",
    "Look at: {what}": "Mirar: {what}",
    "To try: {what}": "Probar: {what}",
    "Runbook: {link}": "Runbook: {link}",
    "look at {what}": "mirar {what}",
    "to try: {what}": "probar: {what}",
    "diagnosis: `/canary diagnose {plan} {metric}`": "diagnóstico: `/canary diagnose {plan} {metric}`",
    "diagnosed at {at}, see the thread": "diagnosticado a las {at}, está en el hilo",
    "Perch is looking since {at}": "Perch está mirando desde las {at}",
    "the diagnosis of {at} has no answer": "el diagnóstico de las {at} no tiene respuesta",
    "Perch is looking at {metrics}; the answers come in the thread.": (
        "Perch está mirando {metrics}; las respuestas llegan al hilo."
    ),
    "Perch looks, and changes nothing. The thread tells what it saw, with the remedies to try.": (
        "Perch mira y no cambia nada. El hilo cuenta lo que ha visto, con los remedios que probar."
    ),
    "No metric of {plan} says what to look at; nothing was done.": (
        "Ninguna métrica de {plan} dice qué mirar; no se ha hecho nada."
    ),
    "put it under runbook: {{diagnose: …}} in the plan (docs/plans.md)": (
        "ponerlo bajo runbook: {{diagnose: …}} en el plan (docs/plans.md)"
    ),
    "There is nothing to diagnose for '{metric}'; nothing was done.": (
        "No hay nada que diagnosticar para '{metric}'; no se ha hecho nada."
    ),
    "Perch is at it already; the answers come in the thread.": (
        "Perch ya está en ello; las respuestas llegan al hilo."
    ),
    "again in a minute": "otra vez dentro de un minuto",
    # After a way down
    "NOT back to normal afterwards": "después NO se ha vuelto a la normalidad",
    "still being verified": "aún se está verificando",
    "verified after {span}": "verificado tras {span}",
    "{claim}, after {span}": "{claim}, tras {span}",
    "{claim}: it is {value}": "{claim}: está en {value}",
    "{claim}: no data ({why})": "{claim}: sin datos ({why})",
    "{claim}; seen only after {span}": "{claim}; no se ha visto hasta pasados {span}",
    "… and {count} more that was looked at": "… y {count} más que se ha mirado",
    "… and {count} more that were looked at": "… y {count} más que se han mirado",
    "⏳ Perch looks whether {condition} again, until {when}": "⏳ Perch mira si vuelve a ser {condition}, hasta {when}",
    "No traffic is on the new way. If it still does harm: `/canary kill {plan}`": (
        "No queda tráfico en la vía nueva. Si aun así hace daño: `/canary kill {plan}`"
    ),
    "The new way is off, so it may be something else. Is it? `/canary snapshot {plan}`": (
        "La vía nueva está apagada, así que puede ser otra cosa. ¿Lo es? `/canary snapshot {plan}`"
    ),
    "On record as an incident: `/canary incident {plan} sev2 what happened`": (
        "Para registrarlo como incidencia: `/canary incident {plan} sev2 what happened`"
    ),
    "✅ Checked after the kill of {name}: {healed} (took {span}).": (
        "✅ Comprobado tras el corte de {name}: {healed} (ha tardado {span})."
    ),
    "❌ Checked after the kill of {name}: things are NOT back to normal.": (
        "❌ Comprobado tras el corte de {name}: NO se ha vuelto a la normalidad."
    ),
    "✅ {condition}: true after {span}": "✅ {condition}: se cumple tras {span}",
    "❌ {condition}: true after {span}, which was too late": "❌ {condition}: se cumple tras {span}, demasiado tarde",
    "❔ {condition}: not measured": "❔ {condition}: sin medir",
    "❌ Checked after the rollback of {name}: things are NOT back to normal.": (
        "❌ Comprobado tras el rollback de {name}: NO se ha vuelto a la normalidad."
    ),
    "Next: look at once; this isn't over.": "Siguiente paso: mirarlo ya; esto no ha terminado.",
    "there was nothing to check": "no había nada que comprobar",
    "✅ Checked after the rollback of {name}: {healed} (took {span}).": (
        "✅ Comprobado tras el rollback de {name}: {healed} (ha tardado {span})."
    ),
    # The kill switch
    "🛑 {by} killed {name}: {reason}.": "🛑 {by} ha cortado {name}: {reason}.",
    "The kill switch is being thrown, and each target is read back.": (
        "El kill switch se está accionando, y se lee de vuelta cada destino."
    ),
    "🛑 Kill of {name}: tier {tier} runs now.": "🛑 Corte de {name}: ahora se ejecuta el nivel {tier}.",
    "🛑 Kill of {name}: the next tier runs now.": "🛑 Corte de {name}: ahora se ejecuta el nivel siguiente.",
    "Why: {why}.": "Motivo: {why}.",
    "the one before was late": "el anterior tardaba demasiado",
    "🛑 {name} is killed.": "🛑 {name} está cortado.",
    "Applied: {applied}. Read back: {read}. Measured at 0: {measured}.": (
        "Aplicado: {applied}. Leído de vuelta: {read}. Medido a 0: {measured}."
    ),
    "not measured ({why})": "sin medir ({why})",
    "no measurement was asked for": "no se pidió ninguna medición",
    "under {seconds} s": "menos de {seconds} s",
    "✅ {name}: read back": "✅ {name}: leído de vuelta",
    "✅ {name}: off, read back": "✅ {name}: apagado, leído de vuelta",
    "❌ {name}: not read back": "❌ {name}: no leído de vuelta",
    "Reason: {reason}": "Motivo: {reason}",
    "Reason: {reason}.": "Motivo: {reason}.",
    "Next: it can't start until `/canary rearm {plan}` has put the former values back.": (
        "Siguiente paso: no puede iniciarse hasta que `/canary rearm {plan}` restaure los valores anteriores."
    ),
    "🛑 The kill of {name} isn't through: something is STILL ON.": (
        "🛑 El corte de {name} no ha terminado: algo SIGUE ENCENDIDO."
    ),
    "❌ still on: {what}": "❌ sigue encendido: {what}",
    "Off: {names}.": "Apagado: {names}.",
    "Nothing reads back as off yet.": "Todavía no se lee nada como apagado.",
    "Perch tries it again every second; the next tier runs when this one's ten seconds are over.": (
        "Perch lo reintenta cada segundo; el nivel siguiente se ejecuta cuando pasen los diez segundos de este."
    ),
    "Next: look (`/canary status {plan}`), or switch it off by hand.": (
        "Siguiente paso: mirarlo (`/canary status {plan}`) o apagarlo a mano."
    ),
    "{by} rearmed {plan}: what the kill switch had changed is put back.": (
        "{by} ha rearmado {plan}: se ha restaurado lo que el kill switch había cambiado."
    ),
    "Put back: {names}.": "Restaurado: {names}.",
    "⚠️ NOT put back, for nobody wrote down what was there: {names}. Do it by hand.": (
        "⚠️ NO restaurado, porque nadie anotó lo que había: {names}. Hacerlo a mano."
    ),
    "It may start again.": "Ya puede volver a iniciarse.",
    "kill rehearsed {ago} ago": "kill ensayado hace {ago}",
    "⚠️ kill rehearsal FAILED {ago} ago: {fault}": "⚠️ el ensayo del kill FALLÓ hace {ago}: {fault}",
    "⚠️ The kill switch of {name} failed its rehearsal: a kill would not reach everything now.": (
        "⚠️ El kill switch de {name} no ha superado su ensayo: ahora mismo un corte no llegaría a todo."
    ),
    "Nothing was changed. Perch rehearses it again in a minute, and raises nothing until it's well.": (
        "No se ha cambiado nada. Perch lo ensaya otra vez en un minuto, y no sube nada hasta que esté bien."
    ),
    "Next: mend it, or bring the traffic down while that still works: `/canary rollback {plan}`": (
        "Siguiente paso: arreglarlo, o bajar el tráfico mientras todavía se pueda: `/canary rollback {plan}`"
    ),
    "✅ The kill switch of {name} is rehearsed: everything it needs can be reached.": (
        "✅ El kill switch de {name} está ensayado: llega a todo lo que necesita."
    ),
    # How it ends
    "🚨 {name} is STUCK: Perch couldn't {what}.": "🚨 {name} está ATASCADO: Perch no ha podido {what}.",
    "lower the weight": "bajar el peso",
    "Fault: {fault}.": "Fallo: {fault}.",
    "Still on: {still_on}. Perch keeps trying and has paged.": (
        "Sigue encendido: {still_on}. Perch sigue intentándolo y ha avisado a la guardia."
    ),
    "traffic": "tráfico",
    "Next: kill it (`/canary kill {plan}`), or set it by hand.": (
        "Siguiente paso: cortarlo (`/canary kill {plan}`) o fijarlo a mano."
    ),
    "🏁 {title} is complete at {weight}, {span} in all.": "🏁 {title} está completo al {weight}, {span} en total.",
    "Stages: {ladder}.": "Fases: {ladder}.",
    "Observe only: Perch moved no traffic; it says what it would have done.": (
        "Solo observación: Perch no ha movido tráfico; dice lo que habría hecho."
    ),
    "Last check: {verdict}": "Última comprobación: {verdict}",
    "It keeps {weight} of the traffic.": "Se queda con el {weight} del tráfico.",
    "Every check, decision and approval: `{command}`": "Cada comprobación, decisión y aprobación: `{command}`",
    "⏹ {title} ended before any traffic moved: {reason}.": ("⏹ {title} ha terminado antes de mover tráfico: {reason}."),
    "⏹ {title} ended by {by} before any traffic moved: {reason}.": (
        "⏹ {by} ha terminado {title} antes de mover tráfico: {reason}."
    ),
    "There's no cooldown. Next: `{start}`": "No hay cooldown. Siguiente paso: `{start}`",
    "There's no cooldown. Next: mend it, then `{start}`": (
        "No hay cooldown. Siguiente paso: arreglarlo; después, `{start}`"
    ),
    "A completed rollout keeps its weight: make that version the standard, then set the target to 0% where it is "
    "kept.": (
        "Un despliegue completado conserva su peso: hacer de esa versión la estándar y después poner el destino a 0% "
        "donde esté configurado."
    ),
    "A source doesn't answer: `perch plan check --live FILE` asks each again and shows what it said.": (
        "Una fuente no responde: `perch plan check --live FILE` pregunta otra vez a cada una y muestra lo que dice."
    ),
    "A kill holds off a switch that this plan has too: once what was killed may have traffic again, rearm that "
    "first.": (
        "Un corte mantiene apagado un interruptor que también es de este plan: cuando lo cortado pueda volver a recibir "
        "tráfico, rearmarlo primero."
    ),
    "The kill switch must be in reach before anything rises: `perch doctor` tries it.": (
        "El kill switch tiene que estar al alcance antes de que nada suba: `perch doctor` lo prueba."
    ),
    "A baseline needs measurements from before the start: start again when there are enough.": (
        "Una línea base necesita mediciones de antes del inicio: volver a iniciar cuando haya suficientes."
    ),
    "I can't post about {name} in {where}: {why}. "
    "Invite me there, or mend the plan's channel; `/canary status {plan}` answers meanwhile.": (
        "No puedo publicar sobre {name} en {where}: {why}. "
        "Hay que invitarme allí o corregir el canal del plan; mientras tanto responde `/canary status {plan}`."
    ),
    "its channel": "su canal",
    "I can't send mail about {name} to {to}: {why}. Whoever runs Perch can mend it: `perch doctor`": (
        "No puedo enviar correo sobre {name} a {to}: {why}. Quien opera Perch puede arreglarlo: `perch doctor`"
    ),
    "{plan} breached a trigger of class {classes} in {rollout}, after which its plan lets nobody retry "
    "without an override. Nothing was started.": (
        "{plan} disparó un desencadenante de clase {classes} en {rollout}, tras lo cual su plan no deja que nadie lo "
        "reintente sin una anulación. No se inició nada."
    ),
    "That is on record.": "Eso queda registrado.",
    # Papers and mail
    "{id} isn't over: its papers are kept when it has ended and was verified.": (
        "{id} no ha terminado: sus papeles se guardan cuando haya terminado y esté verificado."
    ),
    "🗄 The papers of {name} are kept.": "🗄 Los papeles de {name} están guardados.",
    "⚠️ Mail about {name} doesn't get to {to}: {why}.": "⚠️ El correo sobre {name} no llega a {to}: {why}.",
    "⚠️ {to} isn't told about {name}: {why}.": "⚠️ No se avisa a {to} sobre {name}: {why}.",
    "I can't tell {to} about {name}: {why}. Whoever keeps the plan can mend it: `perch plan check`": (
        "No puedo avisar a {to} sobre {name}: {why}. Quien mantiene el plan puede arreglarlo: `perch plan check`"
    ),
    "goes on": "continúa",
    "ended before any traffic moved": "terminado antes de mover tráfico",
    "⚠️ The papers of {name} aren't kept at {kind} yet: {why}.": (
        "⚠️ Los papeles de {name} aún no están guardados en {kind}: {why}."
    ),
    "Perch keeps trying, since {since}; nothing is lost: the record is in its database.": (
        "Perch lo sigue intentando, desde {since}; no se pierde nada: el registro está en su base de datos."
    ),
    "Next, on Perch's machine: `perch doctor` tries each destination; when it's mended, `{keep}`. "
    "To give it up: `{drop}`": (
        "Siguiente, en la máquina de Perch: `perch doctor` prueba cada destino; cuando esté arreglado, `{keep}`. "
        "Para dejarlo: `{drop}`"
    ),
    "[Perch] {title} in {environment}: {outcome}": "[Perch] {title} en {environment}: {outcome}",
    "started": "iniciado",
    "promoted": "promovido",
    "STUCK on its way down": "ATASCADO en la bajada",
    "Rollout: {id}": "Despliegue: {id}",
    "Started: {at} UTC by {by}": "Inicio: {at} UTC por {by}",
    "Ended: {at} UTC, after {took}": "Fin: {at} UTC, tras {took}",
    "On Perch's machine: {command}": "En la máquina de Perch: {command}",
    "something happened": "ha pasado algo",
    "Details: {channel}.": "Detalles: {channel}.",
    # Freezes
    "Everything": "Todo",
    "❄️ {service} is frozen by {by} {until}: {why}.": "❄️ {by} ha congelado {service} {until}: {why}.",
    "❄️ {service} is frozen by {by} {until}: {why}. Nothing rises before; `/canary unfreeze {typed}` lifts it.": (
        "❄️ {by} ha congelado {service} {until}: {why}. Antes no sube nada; `/canary unfreeze {typed}` lo levanta."
    ),
    "until somebody lifts it": "hasta que alguien lo levante",
    "Nothing live is under it.": "No afecta a nada en curso.",
    "Live under it: {plans}; what would rise is on hold.": (
        "En curso y afectados: {plans}; lo que iba a subir, en pausa."
    ),
    "Exempt: {plans}.": "Exentos: {plans}.",
    "Rollback, kill and hold work as ever. Lift it: `/canary unfreeze {typed}`": (
        "Rollback, kill y hold funcionan como siempre. Para levantarlo: `/canary unfreeze {typed}`"
    ),
    "{service}, by {by} {until} ({why})": "{service}, por {by} {until} ({why})",
    "{service}, except {plans}, by {by} {until} ({why})": "{service}, salvo {plans}, por {by} {until} ({why})",
    "{service} may rise again.": "{service} puede volver a subir.",
    "Everything may rise again.": "Todo puede volver a subir.",
    "{plans} may go on; {service} stays frozen.": "Puede seguir: {plans}; {service} sigue congelado.",
    "{plans} may go on; everything else stays frozen.": "Puede seguir: {plans}; todo lo demás sigue congelado.",
    "Still on hold, until somebody resumes it: {resume}": "Sigue en pausa, hasta que alguien lo reanude: {resume}",
    "Still frozen: {freezes}.": "Sigue congelado: {freezes}.",
    "The freeze of {service} is over: {ended}.": "La congelación de {service} ha terminado: {ended}.",
    "its time was up": "se acabó su plazo",
    "{by} lifted it{because}": "la ha levantado {by}{because}",
    "On hold until somebody resumes it: {resume}": "En pausa hasta que alguien lo reanude: {resume}",
    "Nothing is on hold because of it.": "Nada está en pausa por ella.",
    "{by} let {plans} go on; {service} stays frozen {until}{because}.": (
        "{by} deja seguir a {plans}; {service} sigue congelado {until}{because}."
    ),
    "The freeze of {service} doesn't keep {name} down any more.": ("La congelación de {service} ya no frena a {name}."),
    "It stays on hold at {weight}; go on with `/canary resume {plan}`": (
        "Sigue en pausa al {weight}; para continuar: `/canary resume {plan}`"
    ),
    "It goes on by itself.": "Continúa por sí solo.",
    # Answers
    "Verdict: *{verdict}*": "Veredicto: *{verdict}*",
    "No check has run yet.": "Todavía no se ha hecho ninguna comprobación.",
    "Rollout {id}, revision {revision}, plan digest {digest}": (
        "Despliegue {id}, revisión {revision}, huella del plan {digest}"
    ),
    "Weights: confirmed {confirmed}, approved {approved}, target {target}": (
        "Pesos: confirmado {confirmed}, aprobado {approved}, objetivo {target}"
    ),
    "Baked {baked} of {bake} at this stage": "Rodaje de {baked} sobre {bake} en esta fase",
    "Runbook of {metric}: {link}": "Runbook de {metric}: {link}",
    "Nothing is being rolled out.": "No hay ningún despliegue en curso.",
    "`/canary plan` lists the plans.": "`/canary plan` lista los planes.",
    "❄️ Frozen: {freeze}.": "❄️ Congelado: {freeze}.",
    "{count} live rollout: {names}.": "{count} despliegue en curso: {names}.",
    "{count} live rollouts: {names}.": "{count} despliegues en curso: {names}.",
    "• {name} in {environment}: {weight}, {state}; {verdict}; since {started}": (
        "• {name} en {environment}: {weight}, {state}; {verdict}; desde {started}"
    ),
    ", observe only": ", solo observación",
    "There was no rollout yet.": "Todavía no ha habido ningún despliegue.",
    "The last {count} rollouts, newest first.": "Los últimos {count} despliegues, del más reciente al más antiguo.",
    "{state} at {weight} after {span}": "{state} al {weight} después de {span}",
    "• {started} {name}: {end} (by {by}, {id})": "• {started} {name}: {end} (por {by}, {id})",
    # What has been
    "The last rollout that ended.": "El último despliegue que terminó.",
    "{count} is live.": "{count} está en marcha.",
    "{count} are live.": "{count} están en marcha.",
    "{count} rollout is live; none has ended.": "{count} despliegue está en marcha; ninguno ha terminado.",
    "{count} rollouts are live; none has ended.": "{count} despliegues están en marcha; ninguno ha terminado.",
    "… and {count} older; `/canary history NAME since=90d` narrows it, `/canary history NAME trends` adds it up.": (
        "… y {count} anteriores; `/canary history NAME since=90d` los acota, `/canary history NAME trends` los suma."
    ),
    "{count} older rollout isn't summed up yet, and isn't counted; ask again in some minutes.": (
        "{count} despliegue anterior aún no está resumido y no cuenta; volver a preguntar en unos minutos."
    ),
    "{count} older rollouts aren't summed up yet, and aren't counted; ask again in some minutes.": (
        "{count} despliegues anteriores aún no están resumidos y no cuentan; volver a preguntar en unos minutos."
    ),
    "No rollout fits that.": "Ningún despliegue encaja con eso.",
    "All of them: `{command}`": "Todos: `{command}`",
    "There was no rollout of {plan} yet.": "Todavía no hubo ningún despliegue de {plan}.",
    "Start one: `{command}`": "Iniciar uno: `{command}`",
    "{state} at {weight}, {span} so far": "{state} al {weight}, lleva {span}",
    "🔓 overridden: {outcome}": "🔓 saltado: {outcome}",
    "🔕 a false alarm, says {who}": "🔕 falsa alarma, dice {who}",
    "Perch down {span}": "Perch caído {span}",
    "thread": "hilo",
    "{name} in {environment}: {end}.": "{name} en {environment}: {end}.",
    "Who was waited for": "A quién se esperó",
    "False alarms": "Falsas alarmas",
    "Where time went: {spent}.": "En qué se fue el tiempo: {spent}.",
    "Its record can't be read here, so this is only what the rollout itself says.": (
        "Su registro no se puede leer aquí: esto es solo lo que dice el propio despliegue."
    ),
    "The highest weight was {weight}.": "El peso más alto fue {weight}.",
    "From the breach to weight 0 it took {span}.": "Del incumplimiento al peso 0 pasaron {span}.",
    "Without data for {span}.": "Sin datos durante {span}.",
    "Fired: {conditions}.": "Saltaron: {conditions}.",
    "🔕 {what} was a false alarm, says {who}: {reason}": "🔕 {what}: falsa alarma, dice {who}: {reason}",
    "The rollback": "El rollback",
    "The kill": "El corte",
    "The hold": "La pausa",
    "The missing data": "La falta de datos",
    "The bad verdict": "El mal veredicto",
    "Open its thread": "Abrir su hilo",
    "`/canary report {id}` · `/canary evidence {id}` · `/canary history {plan} trends`": (
        "`/canary report {id}` · `/canary evidence {id}` · `/canary history {plan} trends`"
    ),
    "Was it a false alarm? `/canary falsealarm {id} REASON`": "¿Fue una falsa alarma? `/canary falsealarm {id} REASON`",
    "It is on record as a false alarm.": "Queda registrado como falsa alarma.",
    "It isn't called a false alarm any more.": "Ya no consta como falsa alarma.",
    "🔕 {person} calls this a false alarm.": "🔕 {person} dice que fue una falsa alarma.",
    "🔔 {person} takes back that it was a false alarm.": "🔔 {person} retira que fuera una falsa alarma.",
    "What fired: {conditions}.": "Lo que saltó: {conditions}.",
    "It counts in the trends of the plan. To take it back: `{command}`": (
        "Cuenta en las tendencias del plan. Para retirarlo: `{command}`"
    ),
    "the thread tells, and the plan's trends count it. The rollout itself stays as it is.": (
        "el hilo lo dice y las tendencias del plan lo cuentan. El despliegue en sí queda como está."
    ),
    "Calling it a false alarm needs its reason; nothing was marked.": (
        "Llamarlo falsa alarma necesita su motivo; no se ha marcado nada."
    ),
    "Nothing fired in {rollout}: Perch neither took it down nor held it, and called no check bad. Nothing was marked.": (
        "En {rollout} no saltó nada: Perch ni lo bajó ni lo puso en pausa, y no dio por mala ninguna comprobación. No se ha marcado nada."
    ),
    "That alarm of {rollout} is called a false one already.": "Esa alarma de {rollout} ya consta como falsa.",
    "No alarm of {rollout} is called a false one; nothing was changed.": (
        "Ninguna alarma de {rollout} consta como falsa; no se ha cambiado nada."
    ),
    "No plan and no rollout is called '{name}'. Known plans: {known}.": (
        "Ni plan ni despliegue se llama '{name}'. Planes conocidos: {known}."
    ),
    "none yet": "ninguno todavía",
    "'{given}' is no outcome. There are: {known}.": "'{given}' no es un final. Hay: {known}.",
    "'{given}' is no length of time; write it as 12h, 30d or 8w.": (
        "'{given}' no es una duración; escribir 12h, 30d u 8w."
    ),
    "preflight": "preflight",
    "moving traffic": "moviendo tráfico",
    "waiting at gates": "esperando en puertas",
    "frozen": "congelado",
    "going down": "bajando",
    "Perch down": "Perch caído",
    "{what} {span} ({share})": "{what} {span} ({share})",
    "under 1%": "menos del 1%",
    "{count} gates waited {span} together; the longest {longest}": (
        "{count} puertas esperaron {span} en total; la más larga {longest}"
    ),
    "waited {span} for {whom}": "esperó {span} a {whom}",
    "waited {span}": "esperó {span}",
    "on hold {span}": "en pausa {span}",
    "on hold {span}, {whom}'s turn": "en pausa {span}, turno de {whom}",
    "{who} approved": "aprobó {who}",
    "nobody had to approve": "nadie tenía que aprobar",
    "{who} rejected it: {reason}": "{who} lo rechazó: {reason}",
    "nobody answered in time": "nadie respondió a tiempo",
    "{who} resumed it": "lo reanudó {who}",
    "{who} overruled it": "se lo saltó {who}",
    "{who} took it down": "lo bajó {who}",
    "{who} put it on hold": "lo puso en pausa {who}",
    "closed: {why}": "cerrada: {why}",
    "closed again": "cerrada de nuevo",
    "still waiting": "sigue esperando",
    "escalated {count} ×": "escalado {count} ×",
    # Trends
    "Trends of {plan}": "Tendencias de {plan}",
    "Trends of all plans": "Tendencias de todos los planes",
    "{title}: no rollout has ended {since}.": "{title}: no ha terminado ningún despliegue {since}.",
    "{title}: {count} rollout ended {since}.": "{title}: terminó {count} despliegue {since}.",
    "{title}: {count} rollouts ended {since}.": "{title}: terminaron {count} despliegues {since}.",
    "in the last {span}": "en los últimos {span}",
    "since {at}": "desde {at}",
    "so far": "hasta ahora",
    "As a page with pictures, from a shell: `{command} -o trends.html`": (
        "Como página con gráficos, desde una shell: `{command} -o trends.html`"
    ),
    "Plans: {names}": "Planes: {names}",
    "{count} completed": "{count} completados",
    "{count} rolled back": "{count} con rollback",
    "{count} killed": "{count} cortados",
    "{count} aborted before any traffic": "{count} abortados antes de mover tráfico",
    "{ends}: {share} of those with traffic ended well.": "{ends}: el {share} de los que movieron tráfico terminó bien.",
    "{median} (median), {p90} (p90)": "{median} (mediana), {p90} (p90)",
    "{median} (median), {longest} (longest)": "{median} (mediana), {longest} (el más largo)",
    "⏱️ To complete takes {lengths}.": "⏱️ Completar lleva {lengths}.",
    "Those that came down lasted {lengths}.": "Los que bajaron duraron {lengths}.",
    "Where time goes: {parts}.": "En qué se va el tiempo: {parts}.",
    "👥 Waiting for people (gates and holds): {share} of all time.": (
        "👥 Esperando a personas (puertas y pausas): {share} de todo el tiempo."
    ),
    "{whom}: gates waited {lengths}; {count} of them.": "{whom}: las puertas esperaron {lengths}; {count} en total.",
    "a person": "una persona",
    "an alert from outside": "una alerta externa",
    "a deadline that nobody kept": "un plazo que nadie atendió",
    "no data for {condition}": "sin datos para {condition}",
    "⏪ Why they came down: {ranked}.": "⏪ Por qué bajaron: {ranked}.",
    "From breach to weight 0: {span}.": "Del incumplimiento al peso 0: {span}.",
    "From breach to weight 0: {mean} on average, {longest} at most; {count} of them.": (
        "Del incumplimiento al peso 0: {mean} de media, {longest} como mucho; {count} en total."
    ),
    "❔ Without data: {share} of all time.": "❔ Sin datos: {share} de todo el tiempo.",
    "🔓 Overrides: {outcomes}.": "🔓 Veredictos anulados: {outcomes}.",
    "{condition} was overruled {count} ×: {outcomes}.": "{condition} se saltó {count} ×: {outcomes}.",
    "🔕 False alarms, say people: {ranked}.": "🔕 Falsas alarmas, según las personas: {ranked}.",
    "🔕 False alarms, say people: {count}.": "🔕 Falsas alarmas, según las personas: {count}.",
    "{condition} {false} of {fired}": "{condition} {false} de {fired}",
    "Made {at} by Perch {version}, from its record.": "Hecho {at} por Perch {version}, a partir de su registro.",
    "No rollout has ended in this time.": "En este tiempo no ha terminado ningún despliegue.",
    "{count} rollout ended between {first} and {last}.": "{count} despliegue terminó entre {first} y {last}.",
    "{count} rollouts ended between {first} and {last}.": "{count} despliegues terminaron entre {first} y {last}.",
    "Asked for: the last {span}.": "Pedido: los últimos {span}.",
    "How they ended, by week": "Cómo terminaron, por semana",
    "How they ended, by {count} weeks": "Cómo terminaron, cada {count} semanas",
    "Where time goes": "En qué se va el tiempo",
    "Why they came down": "Por qué bajaron",
    "Each rollout counts once for each condition that took it down.": (
        "Cada despliegue cuenta una vez por cada condición que lo bajó."
    ),
    "What each condition did": "Qué hizo cada condición",
    "Fired": "Saltó",
    "False, say people": "Falsa, según las personas",
    "Overruled": "Saltada",
    "How that turned out": "Cómo resultó",
    "Whom gates waited for": "A quién esperaron las puertas",
    "Gates": "Puertas",
    "90th percentile": "Percentil 90",
    "Longest": "La más larga",
    "Ended": "Terminó",
    "Ended well": "Terminó bien",
    "To complete": "Hasta completarse",
    "Plans": "Planes",
    "Took": "Duró",
    "At gates": "En puertas",
    "On hold": "En pausa",
    "The last ones": "Los últimos",
    "called a false alarm": "llamado falsa alarma",
    "overridden: {outcomes}": "saltado: {outcomes}",
    "ended well, of those that moved traffic": "terminaron bien, de los que movieron tráfico",
    "to complete, median": "hasta completarse, mediana",
    "to complete, 90th percentile": "hasta completarse, percentil 90",
    "of the time waited for people (gates and holds)": "del tiempo esperando a personas (puertas y pausas)",
    "from breach to weight 0, on average": "del incumplimiento al peso 0, de media",
    "of the time without data": "del tiempo sin datos",
    "{some} of {all}": "{some} de {all}",
    "alarms were false, say people": "alarmas eran falsas, según las personas",
    "overrides turned out right": "veredictos anulados resultaron acertados",
    # Plans
    "There are no plans yet.": "Todavía no hay planes.",
    "Put one into the plans folder; `perch plan check FILE` tells its mistakes.": (
        "Poner uno en la carpeta de planes; `perch plan check FILE` dice sus errores."
    ),
    "{count} plan: {names}.": "{count} plan: {names}.",
    "{count} plans: {names}.": "{count} planes: {names}.",
    "`/canary plan {name}` shows one.": "`/canary plan {name}` muestra uno.",
    "Plan {name}: {ladder} in {environment}.": "Plan {name}: {ladder} en {environment}.",
    "Service {service}, channel {channel}, cooldown {cooldown}": (
        "Servicio {service}, canal {channel}, cooldown {cooldown}"
    ),
    "Whoever started, resumed or overruled it doesn't count among the approvals.": (
        "Quien lo inició, reanudó o saltó no cuenta entre las aprobaciones."
    ),
    "as before": "como antes",
    "Start it: `/canary start {name} {weight}`": "Para iniciarlo: `/canary start {name} {weight}`",
    "no gate, it's last": "sin puerta, es la última",
    "must hold": "debe cumplirse",
    "should hold": "debería cumplirse",
    "rolls back when": "hace rollback si",
    "Evidence of {plan} ({id}): {whole}": "Registro de {plan} ({id}): {whole}",
    "✅ {count} record, the chain is whole; last hash {hash}.": (
        "✅ {count} entrada, la cadena está íntegra; último hash {hash}."
    ),
    "✅ {count} records, the chain is whole; last hash {hash}.": (
        "✅ {count} entradas, la cadena está íntegra; último hash {hash}."
    ),
    "🛑 The record is NOT whole: record {number} is the first bad one ({what}).": (
        "🛑 El registro NO está íntegro: la entrada {number} es la primera errónea ({what})."
    ),
    "{number}. {at} {what} by {who}": "{number}. {at} {what} por {who}",
    "Take it along: `{command}`": "Para llevárselo: `{command}`",
    "What I understand:": "Lo que entiendo:",
    "Down, at any time, alone:": "Hacia abajo, en cualquier momento, sin nadie más:",
    "Look": "Mirar",
    "At a gate": "En una puerta",
    "Begin and steer": "Empezar y dirigir",
    "`/canary help VERB` tells how to use it, who may, what happens then; `/canary help all` tells all.": (
        "`/canary help VERB` dice cómo se usa, quién puede y qué pasa entonces; `/canary help all` los dice todos."
    ),
    "How to use {verbs}:": "Cómo se usa {verbs}:",
    "Buttons and reactions do the same. Without Slack: `perch rollback NAME`, `perch kill NAME` in a shell.": (
        "Los botones y las reacciones hacen lo mismo. Sin Slack: `perch rollback NAME`, `perch kill NAME` en una shell."
    ),
    # Refusals and faults
    "Refused.": "Rechazado.",
    "Next: {step}": "Siguiente paso: {step}",
    "Next: ```{command}```": "Siguiente paso: ```{command}```",
    "{what} Next: {step}": "{what} Siguiente paso: {step}",
    "Something in Perch broke on your request.": "Algo se ha roto en Perch con esta petición.",
    "It's logged under {correlation}; what was in force stays in force.": (
        "Está en el log con el número {correlation}; lo que estaba en vigor sigue en vigor."
    ),
    "Next: `/canary status` shows how things stand. Down is always open: `/canary rollback NAME`.": (
        "Siguiente paso: `/canary status` muestra cómo están las cosas. "
        "Bajar siempre se puede: `/canary rollback NAME`."
    ),
    "Perch's database doesn't answer; your request goes down without it, now.": (
        "La base de datos de Perch no responde; la petición baja sin ella, ahora mismo."
    ),
    "It's written to a local file first, and joins the evidence later. You'll read here how it went.": (
        "Antes se escribe en un fichero local, y después se une al registro. Aquí se dirá cómo ha ido."
    ),
    "Perch's database doesn't answer, so nothing was done.": (
        "La base de datos de Perch no responde, así que no se ha hecho nada."
    ),
    "Only rollback, kill and hold work now. Next: try again in a minute; for down, `perch kill NAME` works too.": (
        "Ahora solo funcionan rollback, kill y hold. Siguiente paso: reintentar en un minuto; "
        "para bajar también sirve `perch kill NAME`."
    ),
    "Your '{verb}' was kept for more than {count} minute before I could work on it; I did nothing.": (
        "'{verb}' ha estado en cola más de {count} minuto antes de poder atenderse; no se ha hecho nada."
    ),
    "Your '{verb}' was kept for more than {count} minutes before I could work on it; I did nothing.": (
        "'{verb}' ha estado en cola más de {count} minutos antes de poder atenderse; no se ha hecho nada."
    ),
    "Next: look at `/canary status`, then ask again.": ("Siguiente paso: mirar `/canary status` y volver a pedirlo."),
    "Your '{verb}' was done; Perch was interrupted before it could tell you. It wasn't done again.": (
        "'{verb}' se hizo; Perch se interrumpió antes de poder decirlo. No se ha repetido."
    ),
    "Next: `/canary status` shows how things stand.": (
        "Siguiente paso: `/canary status` muestra cómo están las cosas."
    ),
    "That control is no longer active; it did nothing.": "Ese control ya no está activo; no ha hecho nada.",
    "Next: `/canary list` shows what is live, `/canary status NAME` brings fresh buttons.": (
        "Siguiente paso: `/canary list` muestra lo que está en curso, `/canary status NAME` trae botones nuevos."
    ),
    "I couldn't open the dialog in time. Nothing was done; type it: {command}": (
        "No he podido abrir el diálogo a tiempo. No se ha hecho nada; escribirlo: {command}"
    ),
    # Without Slack
    "Perch can't say this in Slack since {at} UTC:": "Perch no puede decir esto en Slack desde {at} UTC:",
    "Perch can't say this in Slack since {at} UTC ({why}):": (
        "Perch no puede decir esto en Slack desde {at} UTC ({why}):"
    ),
    "- and {count} more": "- y {count} más",
    "Checks and ways down go on; nobody can approve. On Perch's machine: perch status NAME, "
    "perch rollback NAME, perch kill NAME. perch doctor says what to mend.": (
        "Las comprobaciones y las bajadas siguen; nadie puede aprobar. En la máquina de Perch: perch status NAME, "
        "perch rollback NAME, perch kill NAME. perch doctor dice qué arreglar."
    ),
    "Slack takes Perch's messages again: what waited was posted there, in order.": (
        "Slack vuelve a aceptar los mensajes de Perch: lo que esperaba se ha publicado allí, en orden."
    ),
    # Dialogs
    "Back": "Volver",
    "Reject {name}": "Rechazar {name}",
    "Reject": "Rechazar",
    "Why not?": "¿Por qué no?",
    "Kill {name}?": "¿Cortar {name}?",
    "Kill": "Cortar",
    "Why?": "¿Por qué?",
    "The gate closes and it goes on hold; rollback triggers stay on. The channel and the record get the reason.": (
        "La puerta se cierra y pasa a pausa; los disparadores de rollback siguen activos. El motivo va al canal y al registro."
    ),
    "This throws every kill switch of the plan and sets its traffic to 0%, at once. It can't start again until "
    "it's rearmed.": (
        "Esto acciona todos los kill switches del plan y pone su tráfico al 0%, de inmediato. No puede volver a iniciarse hasta "
        "que se rearme."
    ),
    "Start": "Iniciar",
    "Start a rollout": "Iniciar despliegue",
    "There are no plans yet. Put one into the plans folder; `perch plan check FILE` tells its mistakes.": (
        "Todavía no hay planes. Poner uno en la carpeta de planes; `perch plan check FILE` dice sus errores."
    ),
    "Plan": "Plan",
    "Version": "Versión",
    "Reason": "Motivo",
    "Environment": "Entorno",
    "Environment: {environment}": "Entorno: {environment}",
    "How": "Cómo",
    "Observe only": "Solo observación",
    "Perch judges and tells, and touches nothing.": "Perch evalúa e informa, y no toca nada.",
    "Goes on record, and into the channel.": "Queda en el registro y se publica en el canal.",
    "*This plan can't be started:*": "*Este plan no se puede iniciar:*",
    "{left} more plans don't fit in here: type `/canary start NAME`.": (
        "{left} planes más no caben aquí: escribir `/canary start NAME`."
    ),
    "Starts at *{first}*, then {way}.": "Empieza al *{first}*, después {way}.",
    "It bakes {bake} at {first}, and then needs {wanted}.": "Rodaje de {bake} al {first}, y después necesita {wanted}.",
    "It rolls back when {triggers}.": "Hace rollback si {triggers}.",
    "Service {service}, told in {channel}.": "Servicio {service}, se informa en {channel}.",
    # What was done
    "{what} The database is away; the rest will be told when it's back.": (
        "{what} La base de datos no está; lo demás se dirá cuando vuelva."
    ),
    "{plan} is started.": "{plan} se ha iniciado.",
    "Your approval counts.": "La aprobación cuenta.",
    "Your approval is withdrawn.": "La aprobación se ha retirado.",
    "The gate is rejected.": "La puerta se ha rechazado.",
    "The bake is ended early.": "El rodaje se ha acortado.",
    "{plan} is on hold.": "{plan} está en pausa.",
    "{plan} goes on.": "{plan} continúa.",
    "{plan} is going down.": "{plan} está bajando.",
    "{plan} is down already; nothing was done now. If it still gets traffic: {kill}": (
        "{plan} ya está abajo; ahora no se ha hecho nada. Si todavía recibe tráfico: {kill}"
    ),
    "{plan} is rearmed.": "{plan} está rearmado.",
    "Rearmed: {names}.": "Rearmados: {names}.",
    "The kill switch of {plan} is thrown.": "El kill switch de {plan} se ha accionado.",
    "The kill switch of {plan} is thrown. STILL ON: {what}. Perch tries it again every second.": (
        "El kill switch de {plan} se ha accionado. SIGUE ENCENDIDO: {what}. Perch lo reintenta cada segundo."
    ),
    "Nothing was live, so nothing was killed.": "No había nada en curso, así que no se ha cortado nada.",
    "Killed: {names}.": "Cortado: {names}.",
    "Killed, but something is STILL ON: {names}. Perch tries it again every second.": (
        "Cortado, pero algo SIGUE ENCENDIDO: {names}. Perch lo reintenta cada segundo."
    ),
    "NOT killed, still on: {names}. Type {command} again, or kill each by name.": (
        "NO cortado, sigue encendido: {names}. Escribir {command} otra vez, o cortar cada uno por su nombre."
    ),
    "completes when": "se completa si",
    "kill switch": "kill switch",
    "counts as killed when": "cuenta como cortado si",
    "when it fails": "si no pasa",
    "on a breach": "en un incumplimiento",
    "without data": "sin datos",
    # What Perch refuses
    "{given} can't be compared with {wanted}": "{given} no se puede comparar con {wanted}",
    "write the value in {wanted}": "escribir el valor en {wanted}",
    "'{given}' is not a weight": "'{given}' no es un peso",
    "write a percentage from 0% to 100%, for example 5%": "escribir un porcentaje de 0% a 100%, por ejemplo 5%",
    "{refused}; nothing was started.": "{refused}; no se ha iniciado nada.",
    "I don't know '{verb}'.": "'{verb}' no se entiende.",
    "I don't know '{name}='; {verb} takes {say_what}.": "'{name}=' no se entiende; {verb} admite {say_what}.",
    "I don't know what '{word}' is for; nothing was started.": (
        "No se entiende qué es '{word}'; no se ha iniciado nada."
    ),
    "There is no plan called '{name}'.": "No hay ningún plan llamado '{name}'.",
    "There is no plan called '{name}'. Did you mean {meant}?": "No hay ningún plan llamado '{name}'. ¿Quizá {meant}?",
    "There is no plan called '{name}'; nothing was done.": (
        "No hay ningún plan llamado '{name}'; no se ha hecho nada."
    ),
    "There is no plan called '{name}' to be exempt; nothing was done.": (
        "No hay ningún plan llamado '{name}' al que eximir; no se ha hecho nada."
    ),
    "the name of a plan after except": "el nombre de un plan después de except",
    "the name of a plan after except, such as {meant}": "el nombre de un plan después de except, como {meant}",
    "The plan '{name}' has mistakes, so nothing was started:\n{mistakes}": (
        "El plan '{name}' tiene errores, así que no se ha iniciado nada:\n{mistakes}"
    ),
    "mend the file, then: perch plan check plans/{name}.yaml": (
        "corregir el fichero; después: perch plan check plans/{name}.yaml"
    ),
    "{plan} isn't being rolled out now, so nothing was done.": "{plan} no está en despliegue ahora; no se ha hecho nada.",
    "There is no rollout called '{name}'.": "No hay ningún despliegue llamado '{name}'.",
    "'{name}' could mean several rollouts: {candidates}.": "'{name}' puede ser cualquiera de estos: {candidates}.",
    "name one of them": "nombrar uno de ellos",
    "Several rollouts of {plan} are killed: {killed}. Nothing was put back.": (
        "Hay varios despliegues de {plan} con el kill switch accionado: {killed}. No se ha restaurado nada."
    ),
    "for one: {one}; for all: {all}": "para uno: {one}; para todos: {all}",
    "did you mean {name}?": "¿quizá {name}?",
    "name one of these: {names}": "nombra uno de estos: {names}",
    "live now: {names}": "en curso ahora: {names}",
    "none is live; /canary start {plan}, or /canary history": (
        "no hay ninguno en curso; /canary start {plan}, o /canary history"
    ),
    "Which one? Live now: {plans}.": "¿Cuál? En curso ahora: {plans}.",
    "Start what?": "¿Qué se inicia?",
    "{name} starts at {first}; say so, so that nobody is surprised.": (
        "{name} empieza al {first}; hay que decirlo, para que nadie se sorprenda."
    ),
    "{plan} starts at {first}, not at {asked}; nothing was started.": (
        "{plan} empieza al {first}, no al {asked}; no se ha iniciado nada."
    ),
    "You may not {what}; it's noted and nothing was changed.": (
        "Sin permiso para {what}; queda anotado y no se ha cambiado nada."
    ),
    "operate this rollout": "operar este despliegue",
    "approve this": "aprobar esto",
    "approve this: you aren't one of its approvers": "aprobar esto: no figura entre quienes pueden aprobarlo",
    "do this, which takes the override role": "hacer esto, que exige el rol de override",
    "stop this rollout": "parar este despliegue",
    "{deed} ({why})": "{deed} ({why})",
    "{deed} while Slack can't say which groups you are in": (
        "{deed} mientras Slack no pueda decir a qué grupos pertenece quien lo pide"
    ),
    "ask {who_may}": "preguntar a {who_may}",
    "again soon": "Perch otra vez dentro de poco",
    "again soon, or {who}": "Perch otra vez dentro de poco, o a {who}",
    "whoever keeps the plan {names}: it names nobody for this": (
        "quien mantenga el plan {names}: no nombra a nadie para esto"
    ),
    "A rollout that is {state} can't take '{event}'.": "Un despliegue en estado {state} no admite '{event}'.",
    "possible now: {legal}": "ahora es posible: {legal}",
    "nothing is possible now": "ahora no es posible nada",
    "{plan} already has a live rollout in {environment} ({state}); nothing was started.": (
        "{plan} ya tiene un despliegue en curso en {environment} ({state}); no se ha iniciado nada."
    ),
    "{holder} is moving the same traffic ({target}); nothing was started.": (
        "{holder} ya está moviendo el mismo tráfico ({target}); no se ha iniciado nada."
    ),
    "{plan} was rolled back or killed; the cooldown ends {until} (in {left}). Nothing was started.": (
        "{plan} tuvo un rollback o un corte; el cooldown acaba {until} (en {left}). No se ha iniciado nada."
    ),
    "The kill switch of {plan} is engaged, so nothing may rise.": (
        "El kill switch de {plan} está accionado, así que nada puede subir."
    ),
    "The kill of {others} holds off what would switch {plan} off too: {switches}. Nothing was started.": (
        "El corte de {others} mantiene apagado lo que también apagaría {plan}: {switches}. No se ha iniciado nada."
    ),
    "once what was killed may have traffic again: {command}": (
        "cuando lo cortado pueda volver a recibir tráfico: {command}"
    ),
    "The kill of {others} holds this off too: {switches}. So it stays off, and {rollout} stays killed.": (
        "El corte de {others} también mantiene apagado esto: {switches}. Por eso sigue apagado, y {rollout} sigue cortado."
    ),
    "once all of them may have traffic again: {command}": "cuando todos puedan volver a recibir tráfico: {command}",
    "{plan} may not rise now: its window opens {opens}. It stays on hold; resume it then.": (
        "{plan} no puede subir ahora: su ventana se abre {opens}. Sigue en pausa; reanudarlo entonces."
    ),
    "The kill switch of {plan} isn't engaged.": "El kill switch de {plan} no está accionado.",
    "{plan} may not rise now: its window opens {opens}. Nothing was started; ask again then.": (
        "{plan} no puede subir ahora: su ventana se abre {opens}. No se ha iniciado nada; volver a pedirlo entonces."
    ),
    "Nothing was done: {what} is frozen by {by} {until} ({why}), and nothing rises meanwhile. "
    "Rollback, kill and hold work as ever.": (
        "No se ha hecho nada: {by} ha congelado {what} {until} ({why}), y mientras tanto no sube nada. "
        "Rollback, kill y hold funcionan como siempre."
    ),
    "{plan} can't start, and nothing was started. In the way are:\n{problems}": (
        "{plan} no puede iniciarse, y no se ha iniciado nada. Lo impiden:\n{problems}"
    ),
    "• {what} Next: `{step}`": "• {what} Siguiente paso: `{step}`",
    "That button belongs to an earlier moment; it did nothing. {now}": (
        "Ese botón es de un momento anterior; no ha hecho nada. {now}"
    ),
    "You have approved this gate of {plan} already, and one person counts once. It waits for {waits}.": (
        "Esta puerta de {plan} ya tiene esa aprobación, y cada persona cuenta una vez. Espera: {waits}."
    ),
    "{plan} has no open gate: {waiting_for}": "{plan} no tiene ninguna puerta abierta: {waiting_for}",
    "{plan} can't be promoted: {reason}": "{plan} no puede subir: {reason}",
    "rollout {rollout} is no longer at revision {revision}": (
        "el despliegue {rollout} ya no está en la revisión {revision}"
    ),
    "read it again": "leerlo otra vez",
    "A kill of {plan} is still being put on record; nothing was put back.": (
        "Un corte de {plan} todavía se está registrando; no se ha restaurado nada."
    ),
    "Not everything could be put back: {faults}. {plan} stays killed.": (
        "No se ha podido restaurar todo: {faults}. {plan} sigue cortado."
    ),
    "mend it, then: /canary rearm {plan}": "arreglarlo; después: /canary rearm {plan}",
    "{plan} is still being brought back to {weight}; it stays held.": (
        "{plan} todavía está volviendo al {weight}; sigue en pausa."
    ),
    "There is no freeze of {named}; frozen is: {others}. Nothing was done.": (
        "No hay congelación de {named}; congelado está: {others}. No se ha hecho nada."
    ),
    "Nothing is frozen, {named} neither; nothing was done.": (
        "No hay nada congelado, tampoco {named}; no se ha hecho nada."
    ),
    "No plan is of the service '{service}'; nothing was frozen.": (
        "Ningún plan es del servicio '{service}'; no se ha congelado nada."
    ),
    "Somebody else changed that freeze at this moment; look again.": (
        "Otra persona ha cambiado esa congelación en este momento; mirar otra vez."
    ),
    "Other rollouts begin at this moment; {plan} was not started.": (
        "Otros despliegues empiezan en este momento; {plan} no se ha iniciado."
    ),
    "{verb} what?": "¿Qué va con {verb}?",
    "{verb} what? Services: {services}; or {all}.": "¿Qué va con {verb}? Servicios: {services}; o {all}.",
    "There is no service called '{service}'; nothing was done.": (
        "No hay ningún servicio llamado '{service}'; no se ha hecho nada."
    ),
    "'{word}' is no service; nothing was done.": "'{word}' no es un servicio; no se ha hecho nada.",
    "'{word}' is no service; nothing was done. Services: {services}; or {all}.": (
        "'{word}' no es un servicio; no se ha hecho nada. Servicios: {services}; o {all}."
    ),
    "Only which plan? Nothing was done.": "¿Solo qué plan? No se ha hecho nada.",
    "This kills everything that is live. Say it once more, with 'now'.": (
        "Esto corta todo lo que está en curso. Repetirlo, con 'now'."
    ),
    "Ending a bake early needs its reason.": "Acortar un rodaje necesita su motivo.",
    "A rejection needs its reason.": "Un rechazo necesita su motivo.",
    "{asked} is no stage of {plan}, whose stages are {weights}; nothing was started.": (
        "{asked} no es una fase de {plan}, cuyas fases son {weights}; no se ha iniciado nada."
    ),
    "Perch only observes {plan} and touches nothing, so it can't {asked} it: that is for whoever moves it.": (
        "Perch solo observa {plan} y no toca nada, así que no admite {asked}: le toca a quien lo mueve."
    ),
    "{plan} is to be taken over at {asked}, but {real}; nothing was started.": (
        "Se pide asumir {plan} al {asked}, pero {real}; no se ha iniciado nada."
    ),
    "{plan} can't be taken over: {metrics} is compared with a baseline from before the start, and the canary "
    "has traffic already. Nothing was started. Watch it instead, or begin from 0%.": (
        "No se puede asumir {plan}: {metrics} se compara con una línea base de antes del inicio, y el canary "
        "ya tiene tráfico. No se ha iniciado nada. En su lugar, observarlo o empezar desde 0%."
    ),
    "A takeover skips the gates before its stage, so it needs its reason.": (
        "Asumir un despliegue se salta las puertas anteriores a su fase, así que necesita su motivo."
    ),
    # What others move, and what is taken over
    "*Preflight: {over} of {all} done*": "*Preflight: {over} de {all} hechos*",
    "❌ Problem: {what}, {said}": "❌ Problema: {what}, {said}",
    "❌ … and {count} more problems": "❌ … y {count} problemas más",
    "⏳ Waiting: {what}, {said}": "⏳ En espera: {what}, {said}",
    "⏳ No answer yet: {things}": "⏳ Todavía sin respuesta: {things}",
    "❔ Noted: {things}, {said}": "❔ A saber: {things}, {said}",
    "✅ Ok: {things}": "✅ Bien: {things}",
    "{name} on the stable side": "{name} en el lado estable",
    "the baseline of {name}": "la línea base de {name}",
    "{count} traffic target": "{count} destino de tráfico",
    "{count} traffic targets": "{count} destinos de tráfico",
    "{count} kill switch": "{count} kill switch",
    "{count} kill switches": "{count} kill switches",
    "traffic {name}": "el tráfico {name}",
    "kill switch {name}": "el kill switch {name}",
    "kill card and spool": "la tarjeta de kill y el spool",
    "papers to {name}": "los papeles a {name}",
    "notifier {name}": "el notificador {name}",
    "*In the way now:*": "*Lo impide ahora:*",
    "Starts at *{first}*, and ends there.": "Empieza al *{first}* y termina ahí.",
    "👀 Perch would ask now: {name} could go {weight} → {to}, {need}.": (
        "👀 Perch preguntaría ahora: {name} podría pasar {weight} → {to}, {need}."
    ),
    "with {need} approvals": "con {need} aprobaciones",
    "with 1 approval": "con 1 aprobación",
    "👀 Perch would call {name} complete at {weight}.": "👀 Perch daría {name} por completo al {weight}.",
    "👀 Perch would roll {name} back now, {weight} → {to}: {why}.": (
        "👀 Perch haría ahora rollback de {name}, {weight} → {to}: {why}."
    ),
    "👀 Perch would throw the kill switch of {name} now: {why}.": (
        "👀 Perch accionaría ahora el kill switch de {name}: {why}."
    ),
    "👀 Perch would hold {name} at {weight} now: {why}.": "👀 Perch pausaría ahora {name} al {weight}: {why}.",
    "👀 Perch would let {name} bake longer: {why}.": "👀 Perch prolongaría el rodaje de {name}: {why}.",
    "Stop watching: `/canary rollback {plan}`; the weight stays as it is.": (
        "Dejar de observar: `/canary rollback {plan}`; el peso se queda como está."
    ),
    "👀 {name} is at {weight}; Perch watches it.": "👀 {name} está al {weight}; Perch lo observa.",
    "The stage at {stage} counts. Perch judges and says what it would do; it touches nothing.": (
        "Cuenta la fase al {stage}. Perch evalúa y dice lo que haría; no toca nada."
    ),
    "The stage at {stage} counts from now on.": "Desde ahora cuenta la fase al {stage}.",
    "👀 Somebody moved {name}: {before} → {weight}.": "👀 Alguien ha movido {name}: {before} → {weight}.",
    "Perch only watches, and did nothing.": "Perch solo observa, y no ha hecho nada.",
    " by {who}": " por {who}",
    "👀 Watching {title} is over{by}: {why}.": "👀 La observación de {title} ha terminado{by}: {why}.",
    "no longer watched": "ya no se observa",
    "It is at {weight}, and Perch watched for {lasted}.": "Está al {weight}, y Perch ha observado durante {lasted}.",
    "Perch moved no traffic. What it would have done: `/canary evidence {plan}`": (
        "Perch no ha movido tráfico. Lo que habría hecho: `/canary evidence {plan}`"
    ),
    "To let Perch do it next time: `{start}`": "Para que la próxima vez lo haga Perch: `{start}`",
    "⚠️ {who} had Perch take {name} over at {weight}.": "⚠️ Perch ha asumido {name} al {weight}, a petición de {who}.",
    "The bake of this stage begins now: {bake}. From here on every gate counts.": (
        "El rodaje de esta fase empieza ahora: {bake}. Desde aquí cuenta cada puerta."
    ),
    "It skipped {stages}.": "Se ha saltado {stages}.",
    "Perch would have waited for: {waits}.": "Perch habría esperado: {waits}.",
    "Skipped without a check by Perch: {stages}.": "Saltado sin comprobación de Perch: {stages}.",
    "It takes over what is at {weight} already, without the gates before.": (
        "Asume lo que ya está al {weight}, sin las puertas anteriores."
    ),
    "Stop watching": "Dejar de observar",
    "Stop watching {plan}": "Dejar de observar {plan}",
    "Nobody needs to act. Stop watching: `/canary rollback {plan}`": (
        "Nadie tiene que actuar. Dejar de observar: `/canary rollback {plan}`"
    ),
    "Waits for: traffic. Somebody else gives it; Perch judges as soon as it isn't 0% any more.": (
        "Espera: tráfico. Lo da otra persona u otro sistema; Perch evalúa en cuanto deje de ser 0%."
    ),
    "Others move it; Perch judges the stage at {stage}, and touches nothing.": (
        "Lo mueven otros; Perch evalúa la fase al {stage}, y no toca nada."
    ),
    "Before more, Perch would wait for: {waits}.": "Antes de subir más, Perch esperaría: {waits}.",
    "{plan} is observed.": "{plan} está en observación.",
    "{plan} is being taken over.": "{plan} se está asumiendo.",
    # The conditions of a check
    "no check yet": "todavía sin comprobación",
    "⏳ settling: not judged yet": "⏳ asentándose: aún sin evaluar",
    "{met} of {count} condition hold": "{met} de {count} condición se cumple",
    "{met} of {count} conditions hold": "{met} de {count} condiciones se cumplen",
    "{count} condition not judged yet": "{count} condición aún sin evaluar",
    "{count} conditions not judged yet": "{count} condiciones aún sin evaluar",
    "{count} without data": "{count} sin datos",
    "{count} trigger quiet": "{count} disparador en calma",
    "{count} triggers quiet": "{count} disparadores en calma",
    "{count} rollback trigger quiet": "{count} disparador de rollback en calma",
    "{count} rollback triggers quiet": "{count} disparadores de rollback en calma",
    "{count} rollback trigger fired": "{count} disparador de rollback activado",
    "{count} rollback triggers fired": "{count} disparadores de rollback activados",
    "🛑 Fired": "🛑 Activados",
    "⏳ Counting up to a rollback": "⏳ Contando hacia un rollback",
    "❌ Not met": "❌ No se cumplen",
    "❔ No data": "❔ Sin datos",
    "⚠️ Warnings": "⚠️ Avisos",
    "✅ Met": "✅ Se cumplen",
    "⏲ Not judged yet": "⏲ Aún sin evaluar",
    "💤 Quiet triggers": "💤 Disparadores en calma",
    "… and {count} more like these": "… y {count} más como estos",
    "… and {count} more, none of them bad": "… y {count} más, ninguno malo",
    # The status message
    "{title} is at {weight}, {state}; the last check says {verdict}.": (
        "{title} está al {weight}, {state}; la última comprobación dice {verdict}."
    ),
    "{title} is at {weight}, {state}; there was no check yet.": (
        "{title} está al {weight}, {state}; todavía no ha habido comprobación."
    ),
    "{state} (observe only: Perch touches nothing)": "{state} (solo observación: Perch no toca nada)",
    "Stages: {ladder}": "Fases: {ladder}",
    "■ {weight} (ended here)": "■ {weight} (terminó aquí)",
    "({count} before)": "({count} antes)",
    "({count} more)": "({count} más)",
    "Verdict: no check yet": "Veredicto: todavía sin comprobación",
    "Verdict: *{verdict}*, checked {at}": "Veredicto: *{verdict}*, comprobado a las {at}",
    "Why: {why}": "Motivo: {why}",
    "This stage's bake was ended early: {why}": "El rodaje de esta fase se ha acortado: {why}",
    "no version named": "sin versión indicada",
    "started by {by} {at}": "iniciado por {by} {at}",
    "rollout {id}": "despliegue {id}",
    # Buttons
    "Approve": "Aprobar",
    "Approve the start of {plan}": "Aprobar el inicio de {plan}",
    "End {plan} before it starts?": "¿Terminar {plan} antes de que empiece?",
    "End {plan} before it starts": "Terminar {plan} antes de que empiece",
    "Nothing has moved, so nothing is rolled back, and no cooldown begins.": (
        "No se ha movido nada: no hay rollback, y no empieza ningún cooldown."
    ),
    "End it": "Terminar",
    "Keep waiting": "Seguir esperando",
    "Approve leaving {weight} of {plan}": "Aprobar que {plan} pase del {weight}",
    "Resume": "Reanudar",
    "Resume {plan}": "Reanudar {plan}",
    "Hold": "Pausar",
    "Hold {plan} where it is": "Pausar {plan} donde está",
    "Rollback": "Rollback",
    "Roll back": "Hacer rollback",
    "Roll back {plan}": "Hacer rollback de {plan}",
    "Roll back {plan}?": "¿Rollback de {plan}?",
    "Traffic goes down from {weight} at once. Nobody else has to agree.": (
        "El tráfico baja del {weight} enseguida. No hace falta que nadie más esté de acuerdo."
    ),
    "Keep going": "Seguir",
    "Kill…": "Cortar…",
    "Why": "Por qué",
    "Details": "Detalles",
    "Evidence": "Registro",
    # Overrides
    "🔓 {person} overruled the verdict of {name} at {weight}: {reason}.": (
        "🔓 {person} se ha saltado el veredicto de {name} al {weight}: {reason}."
    ),
    "🔓 {person} overruled this verdict: {reason}": "🔓 {person} se ha saltado este veredicto: {reason}",
    "🔓 Its verdict was overruled: {conditions}.": "🔓 Se ha saltado su veredicto: {conditions}.",
    "It may end without what is missing; the next check sees to it.": (
        "Puede terminar sin lo que falta; la próxima comprobación se encarga."
    ),
    "The verdict is overruled, for this gate alone.": "El veredicto queda saltado, solo para esta puerta.",
    "Overruled: {measured}.": "Saltado: {measured}.",
    "Overruled: {condition}, not measured ({why}).": "Saltado: {condition}, sin medir ({why}).",
    "{condition} (not measured)": "{condition} (sin medir)",
    "A gate to {weight} is open for exactly this. It still needs {wanted}.": (
        "Se ha abierto una puerta al {weight} solo para esto. Todavía necesita {wanted}."
    ),
    "A breach, or anything else that fails or goes unmeasured, closes it. Rollback triggers stay on.": (
        "La cierra un incumplimiento, o cualquier otra cosa que falle o quede sin medir. "
        "Los disparadores de rollback siguen activos."
    ),
    "Nobody has overruled anything yet.": "Nadie se ha saltado nada todavía.",
    "`/canary help override` tells how, and who may.": "`/canary help override` dice cómo, y quién puede.",
    "{count} override: {outcomes}.": "{count} salto: {outcomes}.",
    "{count} overrides: {outcomes}.": "{count} saltos: {outcomes}.",
    "• {at} {name}: {person} {did}: {reason}. {outcome}: {why}": (
        "• {at} {name}: {person} {did}: {reason}. {outcome}: {why}"
    ),
    "Right: it ended well without what was overruled. Wrong: that took it down again.": (
        "Acertado: terminó bien pese a lo saltado. Equivocado: eso mismo lo volvió a bajar."
    ),
    "Who knows better, with the override role: `/canary override right ROLLOUT #1 REASON` (or wrong, unclear).": (
        "Quien sepa más, con el rol override: `/canary override right ROLLOUT #1 REASON` (o wrong, unclear)."
    ),
    "{count} right": "{count} acertados",
    "{count} wrong": "{count} equivocados",
    "{count} can't be told": "{count} sin poder decirlo",
    "{count} still open": "{count} aún abiertos",
    "{count} not used": "{count} sin usar",
    "✅ right": "✅ acertado",
    "❌ wrong": "❌ equivocado",
    "⏳ open": "⏳ abierto",
    "➖ not used": "➖ sin usar",
    "❔ can't say": "❔ no se puede decir",
    "it ended well, and that never took it down.": "terminó bien y eso nunca lo bajó.",
    "{condition} took it down afterwards.": "{condition} lo bajó después.",
    "a person took it down while {condition} was bad.": "una persona lo bajó mientras {condition} estaba mal.",
    "something else took it down: {what}.": "lo bajó otra cosa: {what}.",
    "a person took it down: {what}.": "lo bajó una persona: {what}.",
    "{condition} was never measured afterwards.": "{condition} no se volvió a medir.",
    "it completed, and {condition} still didn't hold.": "se completó, y {condition} seguía sin cumplirse.",
    "it ended without an answer: {what}.": "terminó sin respuesta: {what}.",
    "nothing rose on it.": "nada subió con ello.",
    "says {person}: {reason} (computed: {computed}).": "dice {person}: {reason} (calculado: {computed}).",
    "by how it ended alone; its record can't be read here.": (
        "solo por cómo terminó; su registro no se puede leer aquí."
    ),
    "it isn't over.": "no ha terminado.",
    "⚖️ {person} says of override {number}: {outcome}.": "⚖️ {person} dice del salto {number}: {outcome}.",
    "⚖️ {person} leaves it to the record how override {number} turned out.": (
        "⚖️ {person} deja que el registro diga cómo resultó el salto {number}."
    ),
    "By the record alone it would be: {computed}.": "Solo por el registro sería: {computed}.",
    "It is on record how that override turned out.": "Queda registrado cómo resultó ese salto.",
    "Saying how an override turned out needs its reason.": "Decir cómo resultó un salto necesita su motivo.",
    "{rollout} has {known} overrides; say which by its number.": (
        "{rollout} tiene {known} saltos; decir cuál por su número."
    ),
    "Nobody has overruled anything in {rollout}; nothing was changed.": (
        "Nadie se ha saltado nada en {rollout}; no se ha cambiado nada."
    ),
    "ended the bake at {weight} early": "acortó el rodaje al {weight}",
    "started it within its cooldown (fix: {fix})": "lo inició dentro de su cooldown (corrección: {fix})",
    "it ended without, and nobody can know what it would have shown.": (
        "terminó sin ello, y nadie puede saber qué habría mostrado."
    ),
    "let it end at {weight} without {what}": "dejó que terminara al {weight} sin {what}",
    "overruled {what} at {weight}": "se saltó {what} al {weight}",
    "none named": "ninguna indicada",
    "Overruling a verdict needs its reason.": "Saltarse un veredicto necesita su motivo.",
    # What it waits for
    "Waits for: {waits}.": "Espera: {waits}.",
    "Waits for: its gate.": "Espera: su puerta.",
    "Waits for: preflight, which asks every source and target once. No traffic has moved.": (
        "Espera: el preflight, que pregunta una vez a cada fuente y destino. No se ha movido tráfico."
    ),
    "Waits for: the baseline of {names}, about {length} of measurements; ready {when}.": (
        "Espera: la línea base de {names}, unas mediciones de {length}; lista {when}."
    ),
    "Waits for: the baseline of {names}, about {length} of measurements; there are too few so far.": (
        "Espera: la línea base de {names}, unas mediciones de {length}; por ahora hay muy pocas."
    ),
    "Then it goes up by itself. No traffic has moved. Nobody needs to act.": (
        "Después sube por sí solo. No se ha movido tráfico. Nadie tiene que actuar."
    ),
    "Waits for: the new weight to be read back.": "Espera: que se lea de vuelta el peso nuevo.",
    "Waits for: {weight} to be read back, until {deadline}.": (
        "Espera: que se lea {weight} de vuelta, hasta {deadline}."
    ),
    "If it doesn't show: back to {before}, then on hold.": "Si no se ve: vuelta a {before}, y después en pausa.",
    "Waits for: a person to resume or roll back.": "Espera: que una persona reanude o haga rollback.",
    "Then: {after}. Nobody needs to act now.": "Después: {after}. Ahora nadie tiene que actuar.",
    "it completes and keeps its weight": "se completa y conserva su peso",
    "it completes if the plan's ends are met": "se completa si se cumplen los fines del plan",
    "a gate to {weight} opens, which needs {approvals}": "se abre una puerta al {weight}, que necesita {approvals}",
    "a gate to {weight} opens, which needs {approvals}, and its checklist ticked ({count})": (
        "se abre una puerta al {weight}, que necesita {approvals} y su lista marcada ({count})"
    ),
    "{count} item": "{count} punto",
    "{count} items": "{count} puntos",
    "{count} approval": "{count} aprobación",
    "{count} approvals": "{count} aprobaciones",
    "no approval, only a passing check": "ninguna aprobación, solo una comprobación que pase",
    "from {groups}": "de {groups}",
    "one each from {groups}": "una de cada: {groups}",
    "not from {people}": "no de {people}",
    "whoever started or resumed it": "quien lo inició o reanudó",
    "approvers": "quienes aprueban",
    "nothing more; it goes up with the next check": "nada más; sube con la próxima comprobación",
    "Your turn: {who}.": "Le toca a {who}.",
    "Your turn: {who}. Resume it or roll it back. Rollback triggers stay on.": (
        "Le toca a {who}. Reanudar o hacer rollback. Los disparadores de rollback siguen activos."
    ),
    "Your turn: {who}. Resume it once the freeze is over, or roll it back. Rollback triggers stay on.": (
        "Le toca a {who}. Reanudar cuando acabe la congelación, o hacer rollback. "
        "Los disparadores de rollback siguen activos."
    ),
    "Your turn: {who}. Resume it once its window is open, or roll it back.": (
        "Le toca a {who}. Reanudar cuando se abra su ventana, o hacer rollback."
    ),
    "Your turn: whoever is on call. Switch off by hand what is still on.": (
        "Le toca a la guardia. Apagar a mano lo que siga encendido."
    ),
    "Your turn: whoever is on call. Kill it here, or set {target} by hand.": (
        "Le toca a la guardia. Cortarlo aquí, o fijar {target} a mano."
    ),
    "If nobody answers until {when}: {then}.": "Si nadie responde hasta {when}: {then}.",
    "If nobody acts until {when}: {then}.": "Si nadie actúa hasta {when}: {then}.",
    "it ends, and nothing has moved": "termina, sin haber movido nada",
    "it goes on hold": "pasa a pausa",
    "it rolls back": "se hace rollback",
    "it is killed": "se corta",
    "Asked again: {who}.": "Preguntado otra vez: {who}.",
    "Unanswered, {who} will be asked {when}.": "Sin respuesta, se preguntará a {who}: {when}.",
    "Approvals: {have} of {need}": "Aprobaciones: {have} de {need}",
    "Approvals: {have} of {need} ({names})": "Aprobaciones: {have} de {need} ({names})",
    "{who} by {how}": "{who} por {how}",
    "On hold since {since}: {why}.": "En pausa desde {since}: {why}.",
    "Going from {weight} to {target}; waits for that to be read back. Nobody needs to act.": (
        "Pasando de {weight} a {target}; espera a leerlo de vuelta. Nadie tiene que actuar."
    ),
    "The kill switch is being thrown and each target read back. Wider tiers follow by themselves.": (
        "El kill switch se está accionando y se lee de vuelta cada destino. Los niveles mayores siguen por sí solos."
    ),
    "🛑 STILL ON: {targets}.": "🛑 SIGUE ENCENDIDO: {targets}.",
    "🛑 The kill switch is NOT through. Perch keeps trying.": (
        "🛑 El kill switch NO ha terminado. Perch sigue intentándolo."
    ),
    "🛑 Traffic did NOT come down: {target} was asked for and isn't read back. Perch keeps trying.": (
        "🛑 El tráfico NO ha bajado: se pidió {target} y no se lee de vuelta. Perch sigue intentándolo."
    ),
    "A new start is possible {when}.": "Se puede volver a iniciar: {when}.",
    "The kill switch is still engaged: `/canary rearm {plan}` puts the former values back.": (
        "El kill switch sigue accionado: `/canary rearm {plan}` restaura los valores anteriores."
    ),
    "Dashboards: {links}": "Paneles: {links}",
    "Alerts: {links}": "Alertas: {links}",
    "🧾 The last bake of {name} is over, and it isn't complete yet.": (
        "🧾 El último rodaje de {name} ha terminado y aún no está completo."
    ),
    "❌ Not met: {condition}": "❌ No se cumple: {condition}",
    "It completes by itself with the first check that finds them met.": (
        "Se completa por sí solo con la primera comprobación en la que se cumplan."
    ),
    "❌ Not on record: {artifact}. It can't come any more.": "❌ No consta: {artifact}. Ya no puede llegar.",
    "❌ Not on record: {artifact}. {remedy}": "❌ No consta: {artifact}. {remedy}",
    "Name them in the plan (`dashboards:`) and `/canary replan` it.": (
        "Nómbralos en el plan (`dashboards:`) y haz `/canary replan`."
    ),
    "Name them in the plan (`alerts:`) and `/canary replan` it.": (
        "Nómbralas en el plan (`alerts:`) y haz `/canary replan`."
    ),
    "It comes with the record of a load burst.": "Llega con el registro de una ráfaga de carga.",
    "It comes by itself, with its checkpoint.": "Llega por sí solo, con su punto de control.",
    "End it without: `/canary override {plan} REASON` (override role; the decision names it).": (
        "Termínalo sin ello: `/canary override {plan} REASON` (rol override; la decisión lo nombra)."
    ),
    "Take it back: `/canary rollback {plan}`.": "Da marcha atrás: `/canary rollback {plan}`.",
    "🔓 {person} lets {name} end without {artifacts}: {reason}.": (
        "🔓 {person} deja que {name} termine sin {artifacts}: {reason}."
    ),
    "The decision names what is missing, and who answers for that.": (
        "La decisión nombra lo que falta y quién responde de ello."
    ),
    "the plan's end {condition}": "el final del plan {condition}",
    "the artifact {name}, {when}": "el artefacto {name}, {when}",
    "the artifact {name}, which can't come any more": "el artefacto {name}, que ya no puede llegar",
    "the artifact {name}, which isn't on record": "el artefacto {name}, que no consta",
    "it completes if the plan's ends are met and its artifacts are on record": (
        "se completa si se cumplen los finales del plan y constan sus artefactos"
    ),
    "a passing check; the bake is over": "una comprobación que pase; el rodaje ha terminado",
    "a passing check": "una comprobación que pase",
    "a fresh check": "una comprobación reciente",
    "an open gate": "una puerta abierta",
    "a new gate; this one has expired": "una puerta nueva; esta ha caducado",
    "a new gate; the plan or the version has changed": "una puerta nueva; el plan o la versión han cambiado",
    "the present weight to be confirmed": "que se confirme el peso actual",
    "the kill switch to be rehearsed again": "que se ensaye otra vez el kill switch",
    "the kill switch to pass its rehearsal ({fault})": "que el kill switch supere su ensayo ({fault})",
    "the metrics to settle": "que se asienten las métricas",
    "{count} more approval": "{count} aprobación más",
    "{count} more approvals": "{count} aprobaciones más",
    "an approval from {group}": "una aprobación de {group}",
    "{count} items of the checklist to be ticked": "que se marquen {count} puntos de la lista",
    "{item} to be ticked": "que se marque {item}",
    "{item} ({found})": "{item} ({found})",
    "{condition} ({found})": "{condition} ({found})",
    "not met": "no se cumple",
    "not checked yet": "aún sin comprobar",
    "the bake, until {when}": "el rodaje, hasta {when}",
    "no failed check until {when}": "ninguna comprobación fallida hasta {when}",
    "the time window, which opens {when}": "la ventana horaria, que se abre {when}",
    "{weight} to be read back; the bake stands still until then": (
        "que se lea {weight} de vuelta; hasta entonces el rodaje no avanza"
    ),
    "the freeze of {service} to end ({why})": "que acabe la congelación de {service} ({why})",
    "the freeze of {service} to end ({why}), until {when}": (
        "que acabe la congelación de {service} ({why}), hasta {when}"
    ),
    "everything": "todo",
    "samples": "muestras",
    "{count} more {of} for {metric}, there {when} at the present rate": (
        "{count} {of} más para {metric}, ahí {when} al ritmo actual"
    ),
    "{count} more {of} for {metric}; at present none come": "{count} {of} más para {metric}; ahora no llega ninguna",
    "{count} more {of} for {metric}; the rate shows with the next check": (
        "{count} {of} más para {metric}; el ritmo se verá con la próxima comprobación"
    ),
    "Closest to failing: {subject} is {value}, would fail at {limit}.": (
        "Lo más cerca de fallar: {subject} está en {value}, fallaría en {limit}."
    ),
    "Closest to failing: {subject} is {value}, would fail over {limit}.": (
        "Lo más cerca de fallar: {subject} está en {value}, fallaría por encima de {limit}."
    ),
    "Closest to failing: {subject} is {value}, would fail under {limit}.": (
        "Lo más cerca de fallar: {subject} está en {value}, fallaría por debajo de {limit}."
    ),
    # The gate
    "{title} may go from {weight} to {to}.": "{title} puede pasar del {weight} al {to}.",
    "Baked {span} at {weight}. Verdict: *{verdict}*.": "Rodaje de {span} al {weight}. Veredicto: *{verdict}*.",
    "Checked: {rehearsed}.": "Comprobado: {rehearsed}.",
    "No approval is needed, only a green preflight.": "No hace falta ninguna aprobación, solo un preflight en verde.",
    "Nothing has moved yet. Preflight was green {at}.": "Todavía no se ha movido nada. Preflight en verde: {at}.",
    "⚠️ You approve with what it noted:": "⚠️ Se aprueba con lo que ha anotado:",
    "❔ Noted earlier: {things}": "❔ Anotado antes: {things}",
    "Reactions here count too: ✅ approves, ✋ holds, ⏪ ends it; taking ✅ back withdraws the approval.": (
        "Las reacciones aquí también cuentan: ✅ aprueba, ✋ pausa, ⏪ lo termina; quitar ✅ retira la aprobación."
    ),
    "ended by {who} before it started": "{who} lo ha terminado antes de empezar",
    "ended before it started": "terminado antes de empezar",
    "Nothing has moved; a new gate opens when preflight is green again.": (
        "No se ha movido nada; se abre otra puerta cuando el preflight vuelva a estar en verde."
    ),
    "Then the start's gate opens, which needs {approvals}. No traffic has moved.": (
        "Después se abre la puerta de inicio, que necesita {approvals}. No se ha movido tráfico."
    ),
    "a fresh green preflight": "un preflight reciente en verde",
    "waiting for approval of its start": "esperando la aprobación de su inicio",
    "{name} waits for your approval of its start": "{name} espera tu aprobación para empezar",
    "Its start needs {approvals}.": "Su inicio necesita {approvals}.",
    "After a green preflight its start needs {approvals}.": (
        "Tras un preflight en verde, su inicio necesita {approvals}."
    ),
    "No approval is needed, only a passing check.": (
        "No hace falta ninguna aprobación, solo una comprobación que pase."
    ),
    "Lacks: {waits}.": "Falta: {waits}.",
    "Nothing is lacking; it goes up with the next check.": "No falta nada; sube con la próxima comprobación.",
    "⚠️ You approve with this warning: {warnings}.": "⚠️ Se aprueba con este aviso: {warnings}.",
    "⚠️ You approve with these warnings: {warnings}.": "⚠️ Se aprueba con estos avisos: {warnings}.",
    "Reactions here count too: ✅ approves, ✋ holds, ⏪ rolls back; taking ✅ back withdraws the approval.": (
        "Aquí también cuentan las reacciones: ✅ aprueba, ✋ pausa, ⏪ hace rollback; quitar ✅ retira la aprobación."
    ),
    "Reject…": "Rechazar…",
    "Reject this gate of {plan}": "Rechazar esta puerta de {plan}",
    "Why {plan} stands where it does": "Por qué {plan} está donde está",
    "Gate of {name}: {end}.": "Puerta de {name}: {end}.",
    "Gate of {name}: {end} ({why}).": "Puerta de {name}: {end} ({why}).",
    "approved; it went up": "aprobada; ha subido",
    "nobody answered in time, so {then}": "nadie respondió a tiempo, así que {then}",
    "rejected": "rechazada",
    "rejected by {who}": "rechazada por {who}",
    "the rollout was rolled back": "se hizo rollback del despliegue",
    "the rollout was rolled back by {who}": "{who} hizo rollback del despliegue",
    "the rollout was killed": "se cortó el despliegue",
    "the rollout was killed by {who}": "{who} cortó el despliegue",
    "the rollout was put on hold": "se puso en pausa el despliegue",
    "the rollout was put on hold by {who}": "{who} puso en pausa el despliegue",
    "it isn't open any more": "ya no está abierta",
    "Closed {when}. Buttons and reactions here do nothing any more.": (
        "Cerrada {when}. Los botones y las reacciones de aquí ya no hacen nada."
    ),
    "The gate of {name} closed: {why}.": "La puerta de {name} se ha cerrado: {why}.",
    "the check isn't good enough any more": "la comprobación ya no es lo bastante buena",
    "The bake is kept; a new gate opens when a check passes.": (
        "El rodaje se conserva; se abre una puerta nueva cuando pase una comprobación."
    ),
    "⏰ Nobody answered the gate of {name} in time, so {then}.": (
        "⏰ Nadie respondió a tiempo a la puerta de {name}, así que {then}."
    ),
    "⏰ {name} still waits at its gate at {weight}. Asking {who}.": (
        "⏰ {name} sigue esperando en su puerta al {weight}. Se pregunta a {who}."
    ),
    "the approvers": "quienes aprueban",
    # The checklist
    "Enough approvals; {count} item of the checklist is still to be ticked.": (
        "Aprobaciones suficientes; queda {count} punto de la lista por marcar."
    ),
    "Enough approvals; {count} items of the checklist are still to be ticked.": (
        "Aprobaciones suficientes; quedan {count} puntos de la lista por marcar."
    ),
    "*Checklist:* {done} of {all} ticked; all are needed.": ("*Lista:* {done} de {all} marcados; hacen falta todos."),
    "Checklist: {done} of {all} ticked.": "Lista: {done} de {all} marcados.",
    "by each check: {found}": "en cada comprobación: {found}",
    "by each check; none has looked yet": "en cada comprobación; aún no ha habido ninguna",
    "{count} item to tick": "{count} punto por marcar",
    "{count} items to tick": "{count} puntos por marcar",
    "To be ticked at {weight}: {items}": "Por marcar al {weight}: {items}",
    "{who}, {when}": "{who}, {when}",
    "☑ {item} ({who}, {when})": "☑ {item} ({who}, {when})",
    "Tick": "Marcar",
    "Tick: {item}": "Marcar: {item}",
    "Undo": "Deshacer",
    "Take back: {item}": "Desmarcar: {item}",
    "It is ticked.": "Queda marcado.",
    "It isn't ticked any more.": "Ya no está marcado.",
    "Which item of the checklist of {plan}? {items}.": "¿Qué punto de la lista de {plan}? {items}.",
    "'{given}' is no item of the checklist of {plan}: {items}.": (
        "'{given}' no es un punto de la lista de {plan}: {items}."
    ),
    "it has none at this stage": "no tiene ninguno en esta fase",
    "none": "ninguno",
    "'{item}' is ticked by each check and by nobody else.": "'{item}' lo marca cada comprobación y nadie más.",
    "tick '{item}'": "marcar '{item}'",
    "untick '{item}'": "desmarcar '{item}'",
    # Acknowledging checkpoints
    "Acknowledge": "Visto",
    "Acknowledge checkpoint {checkpoint} of {name}": "Dar por visto el checkpoint {checkpoint} de {name}",
    "A checkpoint of {name} was to be acknowledged.": "Había que dar por visto un checkpoint de {name}.",
    "👀 {who}: please look at checkpoint {checkpoint} of {name} and acknowledge it until {when}.": (
        "👀 {who}: hay que mirar el checkpoint {checkpoint} de {name} y darlo por visto hasta {when}."
    ),
    "⏰ {who}: checkpoint {checkpoint} of {name} isn't acknowledged; it was due {when}.": (
        "⏰ {who}: el checkpoint {checkpoint} de {name} no se ha dado por visto; vencía {when}."
    ),
    "✅ {who} acknowledged checkpoint {checkpoint} of {name} after {after}.": (
        "✅ {who} ha dado por visto el checkpoint {checkpoint} de {name} después de {after}."
    ),
    "✅ {who} acknowledged checkpoint {checkpoint} of {name}, {late} late.": (
        "✅ {who} ha dado por visto el checkpoint {checkpoint} de {name}, {late} tarde."
    ),
    "⏰ Nobody acknowledged checkpoint {checkpoint} of {name} in time. Asked: {who}.": (
        "⏰ Nadie ha dado por visto a tiempo el checkpoint {checkpoint} de {name}. Se preguntó a {who}."
    ),
    "🖍️ {who} took something out of {count} record of {name}: {reason}": (
        "🖍️ {who} ha quitado algo de {count} apunte del registro de {name}: {reason}"
    ),
    "🖍️ {who} took something out of {count} records of {name}: {reason}": (
        "🖍️ {who} ha quitado algo de {count} apuntes del registro de {name}: {reason}"
    ),
    "What it was isn't kept. Each record keeps its hash, and the record says which were changed.": (
        "No se guarda lo que era. Cada apunte conserva su hash, y el registro dice cuáles han cambiado."
    ),
    "Checks and rollback triggers go on as ever. It can still be acknowledged; the miss stays on record.": (
        "Las comprobaciones y los disparadores de rollback siguen como siempre. "
        "Todavía se puede dar por visto; el retraso queda en el registro."
    ),
    "It is acknowledged.": "Queda dado por visto.",
    "{plan} asks nobody to acknowledge '{given}'; open: {open}.": (
        "{plan} no pide a nadie dar por visto '{given}'; pendientes: {open}."
    ),
    "{plan} asks nobody to acknowledge anything now; open: {open}.": (
        "{plan} no pide a nadie dar por visto nada ahora; pendientes: {open}."
    ),
    "acknowledge {name} of {plan}": "dar por visto {name} de {plan}",
    "{deed} while Slack can't say who you are": "{deed} mientras Slack no pueda decir quién lo pide",
    # Another plan under way
    "The file of {plan} has {count} change since this rollout started.": (
        "El fichero de {plan} tiene {count} cambio desde que empezó este despliegue."
    ),
    "The file of {plan} has {count} changes since this rollout started.": (
        "El fichero de {plan} tiene {count} cambios desde que empezó este despliegue."
    ),
    "Ask the approvers for it: `/canary replan {plan} REASON`": (
        "Pedirlo a quienes aprueban: `/canary replan {plan} REASON`"
    ),
    "{person} asks to change the plan of {name} while it is at {weight}: {reason}": (
        "{person} pide cambiar el plan de {name} mientras está al {weight}: {reason}"
    ),
    "Needs {count} approval from {approvers}, not from {person}; {have} so far.": (
        "Necesita {count} aprobación de {approvers}, no de {person}; por ahora {have}."
    ),
    "Needs {count} approvals from {approvers}, not from {person}; {have} so far.": (
        "Necesita {count} aprobaciones de {approvers}, no de {person}; por ahora {have}."
    ),
    "Then the rollout goes by the new plan. The bake is kept, an open gate closes, and a new check judges.": (
        "Después el despliegue sigue el plan nuevo. El rodaje se conserva, una puerta abierta se cierra, "
        "y evalúa una comprobación nueva."
    ),
    "The change of plan that {person} asked for {name}: {end}.": (
        "El cambio de plan que {person} pidió para {name}: {end}."
    ),
    "Closed {at}. Buttons here do nothing any more.": "Cerrado {at}. Los botones de aquí ya no hacen nada.",
    "📝 {name} goes by a new plan from now on: asked for by {asked}, approved by {approved}.": (
        "📝 {name} sigue desde ahora un plan nuevo: pedido por {asked}, aprobado por {approved}."
    ),
    "The bake is kept; the next check judges by the new plan.": (
        "El rodaje se conserva; la próxima comprobación evalúa según el plan nuevo."
    ),
    "It can't take its place: {why}.": "No puede ocupar su lugar: {why}.",
    "approved; the rollout goes by it": "aprobado; el despliegue lo sigue",
    "rejected; the plan stays as it was": "rechazado; el plan se queda como estaba",
    "another change was asked for instead": "en su lugar se pidió otro cambio",
    "the rollout has ended": "el despliegue ha terminado",
    "Why: {reason}": "Motivo: {reason}",
    "❌ {person} rejected the new plan of {name}: {reason}.": (
        "❌ {person} ha rechazado el plan nuevo de {name}: {reason}."
    ),
    "The plan stays as it was.": "El plan se queda como estaba.",
    "The plan stays as it is.": "El plan se queda como está.",
    "{plan} goes by what its file says now; nothing is different.": (
        "{plan} sigue lo que su fichero dice ahora; no hay diferencia."
    ),
    "Approve the plan": "Aprobar el plan",
    "Approve the new plan of {plan}": "Aprobar el plan nuevo de {plan}",
    "Reject the new plan of {plan}": "Rechazar el plan nuevo de {plan}",
    "{plan}: another plan?": "{plan}: ¿otro plan?",
    "The approvers are asked for the new plan.": "Se ha pedido a quienes aprueban el plan nuevo.",
    "The verdict of {plan} can't be overruled: {reason}. Nothing was done.": (
        "El veredicto de {plan} no se puede saltar: {reason}. No se ha hecho nada."
    ),
    "The plan of {plan} isn't changed: {reason}. Nothing was done.": (
        "El plan de {plan} no se cambia: {reason}. No se ha hecho nada."
    ),
    "its weight is moving, or it has ended": "su peso se está moviendo, o ha terminado",
    "{keys} can't change under a live rollout; that needs a new one": (
        "{keys} no puede cambiar en un despliegue en curso; eso necesita uno nuevo"
    ),
    "the stages up to the present one must keep what they mirror": (
        "las fases hasta la actual tienen que conservar lo que copian"
    ),
    "the stages up to the present one must keep their weights ({ladder})": (
        "las fases hasta la actual tienen que conservar sus pesos ({ladder})"
    ),
    "{metrics} would need a baseline from before the start": "{metrics} necesitaría una línea base de antes del inicio",
    "no change of its plan is asked for": "no se ha pedido ningún cambio de su plan",
    "its file says what the rollout goes by already": "su fichero dice lo que el despliegue ya sigue",
    "approve what you asked for yourself": "aprobar lo que pide la misma persona",
    "approve this: you started it yourself": "aprobar esto: lo inició la misma persona que lo pide",
    "approve this: you resumed, overruled or replanned it yourself": (
        "aprobar esto: lo reanudó, lo saltó o cambió su plan la misma persona que lo pide"
    ),
    "a second person of {who}": "una segunda persona de {who}",
    "it goes by another plan since this was asked for": "sigue otro plan desde que se pidió esto",
    "for {people}": "para {people}",
    # Why not
    "it is {state}.": "está en estado {state}.",
    "it is {state} and waits for {waits}.": "está en estado {state} y espera {waits}.",
    "{plan} is now {state} at {weight}.": "{plan} está ahora en estado {state} al {weight}.",
    "its time is over, and the next check closes it.": "su plazo ha acabado, y la próxima comprobación la cierra.",
    "ending a bake early needs a reason": "acortar un rodaje necesita un motivo",
    "it is {state}, and only a bake can be ended early": "está en estado {state}, y solo se puede acortar un rodaje",
    "it has entered another stage since you asked": "ha entrado en otra fase desde que se pidió",
    "this is the last stage; its bake is the validation": "esta es la última fase; su rodaje es la validación",
    "there is no fresh check yet": "todavía no hay una comprobación reciente",
    "the metrics are still settling": "las métricas todavía se están asentando",
    "the last check says {verdict}": "la última comprobación dice {verdict}",
    "No change of the plan of {name} is asked for any more.": "Ya no se pide ningún cambio del plan de {name}.",
    "it is on hold for another reason ({why}), which an override doesn't lift": (
        "está en pausa por otro motivo ({why}), que un override no levanta"
    ),
    "it is {state}; a verdict is overruled once its bake is over": (
        "está en estado {state}; un veredicto se salta cuando su rodaje ha terminado"
    ),
    "its weight is moving": "su peso se está moviendo",
    "this is the last stage; nothing rises after it": "esta es la última fase; después no sube nada",
    "its bake takes {span} more": "a su rodaje le quedan {span}",
    "there is no fresh check to overrule": "no hay ninguna comprobación reciente que saltarse",
    "there is no check since the resume": "no hay ninguna comprobación desde que se reanudó",
    "the last check says {verdict}, and this is the last stage": (
        "la última comprobación dice {verdict}, y esta es la última etapa"
    ),
    "it is on hold; resume it first": "está en espera; reanúdalo primero",
    "the last check says {verdict}: there is nothing to overrule": (
        "la última comprobación dice {verdict}: no hay nada que saltarse"
    ),
    "the last check says breach, and a breach is never overruled": (
        "la última comprobación dice breach, y un incumplimiento no se salta nunca"
    ),
    "a rollback trigger can't see ({conditions}): nothing would take the traffic down again": (
        "un disparador de rollback no ve ({conditions}): nada volvería a bajar el tráfico"
    ),
    # Snapshots and reports on demand
    "*{name} is {state} at {weight}*, {span} after its start.": (
        "*{name} está {state} al {weight}*, {span} tras su inicio."
    ),
    "; approved by {people}": "; aprobado por {people}",
    "All of it, to take along: `{command}`": "Todo, para llevar: `{command}`",
    "Asked for this answer alone: it is no check, and changes nothing.": (
        "Preguntado solo para esta respuesta: no es una comprobación y no cambia nada."
    ),
    "Bad": "Mal",
    "Baseline": "Línea base",
    "Condition": "Condición",
    "Conditions": "Condiciones",
    "Deployment report: {name}": "Informe del despliegue: {name}",
    "Incidents": "Incidencias",
    "Limit": "Límite",
    "Median": "Mediana",
    "Metric": "Métrica",
    "No data": "Sin datos",
    "None: no hold, no drift, no missing data.": "Ninguna: sin pausas, sin desvíos, sin datos que falten.",
    "Now": "Ahora",
    "Overrides": "Veredictos anulados",
    "Stages": "Fases",
    "Started {at} by {person} ({id}).": "Iniciado {at} por {person} ({id}).",
    "Timeline": "Cronología",
    "Worst": "Peor",
    "{count} incident: {kinds}.": "{count} incidencia: {kinds}.",
    "{count} incidents: {kinds}.": "{count} incidencias: {kinds}.",
    "{metric}: {value}": "{metric}: {value}",
    "{name} at {weight}, asked at {at}: {verdict}.": "{name} al {weight}, preguntado a las {at}: {verdict}.",
    "{weight} since {at}, for {span}": "{weight} desde {at}, durante {span}",
    "❔ {count} metric didn't answer; that's neither good nor bad.": (
        "❔ {count} métrica no ha respondido; no es ni bueno ni malo."
    ),
    "❔ {count} metrics didn't answer; that's neither good nor bad.": (
        "❔ {count} métricas no han respondido; no es ni bueno ni malo."
    ),
    # SLOs and error budgets
    "{plan} is about to take over what is there; nothing rises before that.": (
        "{plan} está a punto de hacerse cargo de lo que hay; nada sube antes."
    ),
    "At 0% it goes on hold.": "Al 0% queda en espera.",
    "At worst, {bake} at {weight} costs {cost} of the error budget of {slo}; {left} is left.": (
        "En el peor caso, {bake} al {weight} cuestan {cost} del presupuesto de error de {slo}; queda {left}."
    ),
    "⚠️ At worst, {bake} at {weight} costs {cost} of the error budget of {slo}; only {left} is left.": (
        "⚠️ En el peor caso, {bake} al {weight} cuestan {cost} del presupuesto de error de {slo}; solo queda {left}."
    ),
    "It goes on in this stage, on a used-up error budget.": (
        "Sigue en esta etapa, con el presupuesto de error agotado."
    ),
    "Nothing goes on with it unless the override role says so.": (
        "Nada sigue adelante con él si no lo dice quien tiene el rol override."
    ),
    "Roll it back, or wait for the budget to recover. The override role may go on: `{command}`": (
        "Hay que hacer rollback, o esperar a que el presupuesto se recupere. Con el rol override se puede seguir: `{command}`"
    ),
    "That counts for this stage. A gate needs a new check; rollback triggers stay on.": (
        "Vale para esta etapa. Una puerta necesita una comprobación nueva; los disparadores de rollback siguen activos."
    ),
    "The error budget of {slos} is used up; {plan} stays on hold.": (
        "El presupuesto de error de {slos} está agotado; {plan} sigue en espera."
    ),
    "Your turn: {who}. Roll it back, or wait for the budget to recover; with the override role: `{command}`": (
        "Le toca a {who}: hacer rollback, o esperar a que el presupuesto se recupere; con el rol override: `{command}`"
    ),
    "the budget of {name}": "el presupuesto de {name}",
    "burn rate {burns}": "ritmo de gasto {burns}",
    "Burn rate: {burns}.": "Ritmo de gasto: {burns}.",
    "{burn}× over {window}": "{burn}× en {window}",
    "error budget not known: {why}": "presupuesto de error desconocido: {why}",
    "error budget of {slo}: {left} left": "presupuesto de error de {slo}: queda {left}",
    "events of {window}, by its source": "eventos de {window}, según su fuente",
    "it leaves no error budget": "no deja presupuesto de error",
    "its window": "su ventana",
    "not asked yet": "aún sin preguntar",
    "over {level}": "por encima de {level}",
    "under {level}": "por debajo de {level}",
    "the override role may go on: {command}": "con el rol override se puede seguir: {command}",
    "went on at {weight} against {what}": "siguió al {weight} en contra de {what}",
    "went on with a used-up error budget: {reason}": "siguió con el presupuesto de error agotado: {reason}",
    "{good} of {count} SLO keeps its target": "{good} de {count} SLO cumple su meta",
    "{good} of {count} SLOs keep their target": "{good} de {count} SLO cumplen su meta",
    "{left} of the error budget of {window} left": "queda {left} del presupuesto de error de {window}",
    "{mark} {name}: {left} of the error budget of {slo} for {window} is left, less than {limit}.": (
        "{mark} {name}: queda {left} del presupuesto de error de {slo} para {window}, menos del {limit}."
    ),
    "{slo} {level}: {actual} ({target})": "{slo} {level}: {actual} ({target})",
    "{slo} {level}: {why}": "{slo} {level}: {why}",
    "⚠️ warning: {missed}": "⚠️ aviso: {missed}",
    "❌ critical": "❌ crítico",
    "❌ critical: {missed}": "❌ crítico: {missed}",
    "🔓 {person} lets {name} go on at {weight} with the error budget of {slos} used up: {reason}.": (
        "🔓 {person} deja que {name} siga al {weight} con el presupuesto de error de {slos} agotado: {reason}."
    ),
    "🛑 violated": "🛑 incumplido",
    "🛑 violated: {missed}": "🛑 incumplido: {missed}",
    "🛑 {name}: the error budget of {slo} for {window} is used up.": (
        "🛑 {name}: el presupuesto de error de {slo} para {window} está agotado."
    ),
    # The report as a page and as Markdown
    " (fix: {fix})": " (arreglo: {fix})",
    "(marked as a false alarm: {reason})": "(marcado como falsa alarma: {reason})",
    "0 s of the {window} window": "0 s de la ventana de {window}",
    "Actual": "Real",
    "An override carried it: {reason}": "Siguió gracias a una anulación: {reason}",
    "Answer": "Respuesta",
    "Approvals": "Aprobaciones",
    "As judged at {count} looks that are on record.": "Según las {count} comprobaciones que constan en el registro.",
    "Asked": "Pregunta",
    "At": "Al",
    "At a glance": "De un vistazo",
    "Barely measured: {conditions}.": "Apenas medido: {conditions}.",
    "Budget used": "Presupuesto gastado",
    "Budget left": "Presupuesto restante",
    "Budget left is the whole window's, by the last check.": (
        "El presupuesto restante es el de toda la ventana, según la última comprobación."
    ),
    "Budget used is the bad share ÷ the error budget, over the measured time: 100% is all it may use.": (
        "El presupuesto gastado es la parte mala ÷ el presupuesto de error, en el tiempo medido: 100% es todo lo que puede gastar."
    ),
    "By": "Quién",
    "Cooldown until {at}. Then: {command}": "Cooldown hasta {at}. Después: {command}",
    "Deployment report": "Informe del despliegue",
    "Don't call it good yet: there is not enough data.": "Aún no darlo por bueno: no hay datos suficientes.",
    "Don't start it again before its reason is gone: {reason}": (
        "No volver a iniciarlo hasta que desaparezca el motivo: {reason}"
    ),
    "Don't start it again before this is understood.": "No volver a iniciarlo hasta entender esto.",
    "Gate": "Puerta",
    "In a shell: `{command}`": "En una shell: `{command}`",
    "It is STUCK on its way down: traffic may still be on. Set it by hand.": (
        "Está ATASCADO en su bajada: puede seguir habiendo tráfico. Ponerlo a mano."
    ),
    "It is rearmed. Find the cause before it starts again.": (
        "Está rearmado. Encontrar la causa antes de volver a iniciarlo."
    ),
    "It isn't over: this report is as of its writing. Now: {command}": (
        "No ha terminado: este informe es de cuando se escribió. Ahora: {command}"
    ),
    "It isn't well since: {conditions}. Something else is wrong.": (
        "Desde entonces no está bien: {conditions}. Falla otra cosa."
    ),
    "It waited {span} for people.": "Esperó {span} a personas.",
    "Its record has {count} entries, is UNSIGNED, and ends with {hash}.": (
        "Su registro tiene {count} entradas, está SIN FIRMAR y acaba en {hash}."
    ),
    "Its record has {count} entries, is signed, and ends with {hash}.": (
        "Su registro tiene {count} entradas, está firmado y acaba en {hash}."
    ),
    "Its record is NOT WHOLE.": "Su registro NO ESTÁ ÍNTEGRO.",
    "Keep it at {weight}, but look at what follows.": "Dejarlo al {weight}, pero mirar lo que sigue.",
    "Keep it at {weight}: every condition held, and nobody overruled anything.": (
        "Dejarlo al {weight}: se cumplieron todas las condiciones y nadie anuló nada."
    ),
    "Lasted": "Duró",
    "Let on by": "Dejó seguir",
    "Make this version the standard, so that the next rollout begins at 0%.": (
        "Hacer de esta versión la estándar, para que el próximo despliegue empiece en 0%."
    ),
    "Measured": "Medido",
    "Mend what preflight found, then start again; there is no cooldown.": (
        "Arreglar lo que encontró el preflight y volver a iniciar; no hay cooldown."
    ),
    "More was measured than a report reads: actual values are approximate.": (
        "Se midió más de lo que lee un informe: los valores reales son aproximados."
    ),
    "Name": "Nombre",
    "Never judged, and so neither good nor bad: {conditions}.": (
        "Nunca juzgado, así que ni bueno ni malo: {conditions}."
    ),
    "No condition was ever judged.": "Nunca se juzgó ninguna condición.",
    "No traffic moved, so there is nothing to undo and no cooldown.": (
        "No se movió tráfico: no hay nada que deshacer ni cooldown."
    ),
    "Nobody measured that it is off ({why}): look yourself.": (
        "Nadie midió que esté apagado ({why}): comprobarlo a mano."
    ),
    "Nobody posts files here. In a shell: `{command}`": "Aquí nadie publica ficheros. En una shell: `{command}`",
    "Nobody was asked for an approval: the plan's conditions decided.": (
        "No se pidió ninguna aprobación: decidieron las condiciones del plan."
    ),
    "Nobody was asked, or nobody answered: no approval is on record.": (
        "No se preguntó a nadie, o nadie contestó: no consta ninguna aprobación."
    ),
    "Nothing is decided yet.": "Aún no hay nada decidido.",
    "Objective": "Objetivo",
    "Outcome": "Resultado",
    "Perch decided that by the plan's rules.": "Lo decidió Perch según las reglas del plan.",
    "Perch wasn't looking for {span}.": "Perch no miró durante {span}.",
    "Perch would have let it through: next time, let Perch move it.": (
        "Perch lo habría dejado pasar: la próxima vez, que lo mueva Perch."
    ),
    "Perch would have taken it back; find out whether Perch or those who moved it were right.": (
        "Perch lo habría retirado; averiguar quién tenía razón, Perch o quien lo movió."
    ),
    "Perch would: {what}": "Perch haría: {what}",
    "Rearm it first, or nothing can start: {command}": "Rearmarlo primero, o no se puede iniciar nada: {command}",
    "Recommendation": "Recomendación",
    "Record": "Registro",
    "Remedies to try:": "Remedios que probar:",
    "Role": "Papel",
    "Role then": "Rol entonces",
    "Rollout": "Despliegue",
    "Since then all is well again: what the plan wants verified holds.": (
        "Desde entonces todo vuelve a estar bien: se cumple lo que el plan manda verificar."
    ),
    "STUCK: {fault}": "ATASCADO: {fault}",
    "Service": "Servicio",
    "Service level objectives": "Objetivos de nivel de servicio",
    "Severity": "Gravedad",
    "Shaded: {kinds}.": "En color: {kinds}.",
    "Shown with it": "Se mostraba",
    "Signed, NOT CHECKED: no known public key for {count} signatures.": (
        "Firmado, SIN COMPROBAR: no hay clave pública conocida para {count} firmas."
    ),
    "Started": "Inicio",
    "Started by": "Iniciado por",
    "Started by {person} at {at}, {span} ago.": "Lo inició {person} el {at}, hace {span}.",
    "With charts, SLOs and a recommendation: `{command}`": "Con gráficas, SLO y una recomendación: `{command}`",
    "Its record has {count} entries, is signed but NOT CHECKED, and ends with {hash}.": (
        "Su registro tiene {count} entradas, está firmado pero SIN COMPROBAR y acaba en {hash}."
    ),
    "Started by {person} at {at}; it took {span}.": "Lo inició {person} el {at}; duró {span}.",
    "Status": "Estado",
    "Target": "Meta",
    "The objective {name} was missed while it was measured.": "El objetivo {name} no se cumplió mientras se midió.",
    "The record tells nothing.": "El registro no cuenta nada.",
    "The report of {name} comes as a file in its thread.": "El informe de {name} llega como fichero a su hilo.",
    "The short form: `{command}`": "En corto: `{command}`",
    "Then: {command}": "Después: {command}",
    "There was {count} incident on the way; it is listed below.": (
        "Hubo {count} incidencia por el camino; está más abajo."
    ),
    "There were {count} incidents on the way; they are listed below.": (
        "Hubo {count} incidencias por el camino; están más abajo."
    ),
    "Times in": "Horas en",
    "Too little was seen to tell what Perch would have done.": (
        "Se vio demasiado poco para saber qué habría hecho Perch."
    ),
    "Traffic": "Tráfico",
    "Traffic and metrics over time": "Tráfico y métricas en el tiempo",
    "Try: {what}": "Probar: {what}",
    "Turned out": "Resultó",
    "Watch it by hand at {weight}, and mend its sources before the next rollout.": (
        "Vigilarlo a mano al {weight} y arreglar sus fuentes antes del próximo despliegue."
    ),
    "Watched by": "A cargo de",
    "Weight of the canary: {changes}.": "Peso del canary: {changes}.",
    "What": "Qué",
    "What the runbook's diagnosis said": "Lo que dijo el diagnóstico del runbook",
    "Where the time went": "En qué se fue el tiempo",
    "Whether it is well again isn't known yet: {conditions}.": "Aún no se sabe si vuelve a estar bien: {conditions}.",
    "Who": "Persona",
    "Why it was killed: {reason}": "Por qué se cortó: {reason}",
    "Why: {reason}.": "Por qué: {reason}.",
    "Without a single number: {metrics}.": "Sin un solo número: {metrics}.",
    "Written at {at} from the record and the measurements of rollout {id}.": (
        "Escrito el {at} a partir del registro y las mediciones del despliegue {id}."
    ),
    "a metric": "una métrica",
    "a raise landed late and was undone": "una subida llegó tarde y se deshizo",
    "aborted: {reason}": "abortado: {reason}",
    "afterwards all is well again, {took}": "después todo vuelve a estar bien, {took}",
    "afterwards still not well: {conditions}": "después sigue sin estar bien: {conditions}",
    "approver": "aprobador",
    "bake begins anew": "el rodaje empieza de nuevo",
    "bake ended early: {reason}": "rodaje terminado antes: {reason}",
    "bake extended by {span}": "rodaje alargado {span}",
    "checklist": "lista",
    "complete at {weight}": "completo al {weight}",
    "drift of the mirror: {recorded} was set, {real} stood there; {did}": (
        "desvío de la copia: se puso {recorded}, había {real}; {did}"
    ),
    "drift: {recorded} was set, {real} stood there; {did}": "desvío: se puso {recorded}, había {real}; {did}",
    "every condition": "todas las condiciones",
    "frozen: {why}": "congelado: {why}",
    "gate closes: {why}": "se cierra la puerta: {why}",
    "gate opens: {before} → {after}?": "se abre la puerta: ¿{before} → {after}?",
    "gate rejected: {reason}": "puerta rechazada: {reason}",
    "grave": "muy grave",
    "held: {why}": "en pausa: {why}",
    "incident ({severity}): {what}": "incidencia ({severity}): {what}",
    "kill: {reason}": "corte: {reason}",
    "killed: applied after {applied}, read back after {read}": (
        "cortado: aplicado a los {applied}, releído a los {read}"
    ),
    "last {last}, lowest {low} at {low_at}, highest {high} at {high_at}": (
        "último {last}, mínimo {low} a las {low_at}, máximo {high} a las {high_at}"
    ),
    "marked as a false alarm: {reason}": "marcado como falsa alarma: {reason}",
    "measured off after {measured}": "medido apagado a los {measured}",
    "no answer": "sin respuesta",
    "no approval was asked for": "no se pedía aprobación",
    "no data: {missing}": "sin datos: {missing}",
    "no end on record": "no consta su fin",
    "no warnings": "sin avisos",
    "nobody acknowledged checkpoint {name}": "nadie confirmó el checkpoint {name}",
    "nobody acted on the hold: {why}": "nadie actuó sobre la pausa: {why}",
    "nobody answered the gate in time": "nadie contestó a la puerta a tiempo",
    "not known yet": "aún no se sabe",
    "not measured": "no medido",
    "not measured: {why}": "no medido: {why}",
    "not reached": "no alcanzada",
    "not told": "no consta",
    "not used": "sin usar",
    "notable": "leve",
    "observation over: {reason}": "fin de la observación: {reason}",
    "observing at {weight}": "observando al {weight}",
    "only shown, not judged": "solo mostrado, no juzgado",
    "overruled: {conditions}": "anulado: {conditions}",
    "plan changed under way: {reason}": "plan cambiado en marcha: {reason}",
    "promoted {before} → {after}, approved by {people}": "promovido {before} → {after}, aprobado por {people}",
    "rearmed: the former values stand again": "rearmado: vuelven los valores anteriores",
    "refused '{verb}': {why}": "rechazado '{verb}': {why}",
    "resumed": "reanudado",
    "right: it went well": "acertado: fue bien",
    "rollback begins, {before} → {after}: {reason}": "empieza el rollback, {before} → {after}: {reason}",
    "rolled back to {weight}, read back {took}": "rollback hasta {weight}, releído {took}",
    "serious": "grave",
    "somebody moved it: {before} → {after}": "alguien lo movió: {before} → {after}",
    "started at {weight}": "iniciado al {weight}",
    "started to observe only": "iniciado solo para observar",
    "started to take over at {weight}": "iniciado para hacerse cargo al {weight}",
    "still on: {what}": "sigue encendido: {what}",
    "taken over at {weight}": "a cargo desde el {weight}",
    "takes it back": "lo retira",
    "the cooldown wasn't waited for": "no se esperó al cooldown",
    "the freeze is over": "se acabó la congelación",
    "the kill couldn't be rehearsed": "no se pudo ensayar el corte",
    "the kill widens: {why}": "el corte se amplía: {why}",
    "the rest of the bake was skipped": "se saltó el resto del rodaje",
    "the verdict '{verdict}'": "el veredicto '{verdict}'",
    "the weight could be read again": "se pudo volver a leer el peso",
    "the weight couldn't be read any more": "ya no se podía leer el peso",
    "verdict overruled: {reason}": "veredicto anulado: {reason}",
    "verdict: breach": "veredicto: incumplimiento",
    "verdict: fail": "veredicto: no pasa",
    "verdict: no data": "veredicto: sin datos",
    "verdict: pass": "veredicto: pasa",
    "verdict: pass with warnings": "veredicto: pasa con avisos",
    "warnings: {warnings}": "avisos: {warnings}",
    "warns unless {limit}": "avisa salvo {limit}",
    "withdrawn": "retirada",
    "wrong: traffic had to be taken back": "equivocado: hubo que retirar el tráfico",
    "{before} → {after} confirmed, {took}": "{before} → {after} confirmado, {took}",
    "{condition} (no data)": "{condition} (sin datos)",
    "{condition} didn't always hold; at worst it was {worst}.": (
        "{condition} no se cumplió siempre; lo peor fue {worst}."
    ),
    "{count} entries in the middle are left out.": "Faltan {count} entradas de en medio.",
    "{count} entry in the middle is left out.": "Falta {count} entrada de en medio.",
    "{count} gate was passed": "se pasó {count} puerta",
    "{count} gates were passed": "se pasaron {count} puertas",
    "{count} incident": "{count} incidencia",
    "{count} incidents": "{count} incidencias",
    "{count} look without data": "{count} comprobación sin datos",
    "{count} looks without data": "{count} comprobaciones sin datos",
    "{count} override was used": "se usó {count} anulación",
    "{count} overrides were used": "se usaron {count} anulaciones",
    "{count} time without data": "{count} vez sin datos",
    "{count} times without data": "{count} veces sin datos",
    "{how}; not used": "{how}; sin usar",
    "{measured} of the {window} window": "{measured} de la ventana de {window}",
    "{metric} at {at}:": "{metric} a las {at}:",
    "{name} in {environment} is complete at {weight}.": "{name} en {environment} está completo al {weight}.",
    "{name} in {environment} is {state} at {weight}.": "{name} en {environment} está {state} al {weight}.",
    "{name} in {environment} was aborted before any traffic moved.": (
        "{name} en {environment} se abortó antes de mover tráfico."
    ),
    "{name} in {environment} was killed; it had {top} of the traffic at most.": (
        "{name} en {environment} se cortó; tuvo como mucho el {top} del tráfico."
    ),
    "{name} in {environment} was rolled back from {top} to {weight}.": (
        "{name} en {environment} volvió del {top} al {weight} por rollback."
    ),
    "{people} approved it, and the plan's last bake held.": "Lo aprobó {people}, y aguantó el último rodaje del plan.",
    "{person} decided that.": "Lo decidió {person}.",
    "{troubles} on record": "{troubles} en el registro",
    "{used}; {share} of the window's": "{used}; {share} del de la ventana",
    "{weight} at {at}": "{weight} a las {at}",
    "{weight} wasn't confirmed: {fault}": "{weight} no se confirmó: {fault}",
    "{what}, until {at}": "{what}, hasta {at}",
    "{whole} in all: {parts}.": "{whole} en total: {parts}.",
    "… and {count} more metric": "… y {count} métrica más",
    "… and {count} more metrics": "… y {count} métricas más",
    "⚠️ UNSIGNED: there is no record to be signed.": "⚠️ SIN FIRMAR: no hay registro que firmar.",
    "⚠️ UNSIGNED: {unsigned} of {every} records carry no signature; only the chain of hashes speaks for them.": (
        "⚠️ SIN FIRMAR: {unsigned} de {every} registros no llevan firma; solo la cadena de hashes responde por ellos."
    ),
    "⚠️ warned once": "⚠️ avisó una vez",
    "⚠️ warned {count} times": "⚠️ avisó {count} veces",
    "✅ Signed and whole: {count} records, each by a known key.": (
        "✅ Firmado e íntegro: {count} registros, cada uno con una clave conocida."
    ),
    "✅ held": "✅ se cumplió",
    "✅ kept": "✅ cumplido",
    "✅ quiet": "✅ en silencio",
    "✋ rejected": "✋ rechazada",
    "❌ not met once": "❌ no se cumplió una vez",
    "❌ not met {count} times": "❌ no se cumplió {count} veces",
    "❔ failed: {answer}": "❔ ha fallado: {answer}",
    "📄 The report of {title} couldn't be posted as a file: {why}.": (
        "📄 El informe de {title} no se pudo publicar como fichero: {why}."
    ),
    "📄 The report of {title}: {state}.": "📄 El informe de {title}: {state}.",
    "🛑 THE RECORD IS NOT WHOLE: record {number}: {what}.": "🛑 EL REGISTRO NO ESTÁ ÍNTEGRO: registro {number}: {what}.",
    "🛑 fired {count} times": "🛑 saltó {count} veces",
    "Weight": "Peso",
    "Bake": "Rodaje",
    "Then": "Después",
    "Must hold": "Debe cumplirse",
    "Should hold": "Debería cumplirse",
    "Rolls back when": "Rollback si",
    "For {group}.": "Para {group}.",
    "rising": "subiendo",
    "falling": "bajando",
    "steady": "estable",
    "✅ Met, tightest first:": "✅ Se cumplen, primero lo más justo:",
    "⏲ Not judged yet:": "⏲ Aún sin evaluar:",
    "💤 Not fired:": "💤 Sin activar:",
    "Stands": "Estado",
    "Trend": "Tendencia",
    "not {limit}": "no {limit}",
    "🛑 fired": "🛑 activado",
    "⏳ counting": "⏳ contando",
    "❌ not met": "❌ no se cumple",
    "⚠️ warning": "⚠️ aviso",
    "✅ met": "✅ se cumple",
    "⏲ not judged yet": "⏲ aún sin evaluar",
    "💤 not fired": "💤 sin activar",
    "{plan} at {weight}": "{plan} al {weight}",
    "{unit} since the start": "{unit} desde el inicio",
    "since the start": "desde el inicio",
    "The picture of these numbers is missing: it could not be made.": (
        "Falta la imagen de estos números: no se pudo hacer."
    ),
    "Chart of {count} metrics since the start {age} ago.": "Gráfico de {count} métricas desde el inicio hace {age}.",
    "{weight} after {length}": "{weight} tras {length}",
    "Stages: {changes}.": "Fases: {changes}.",
    "{name}: {now}, between {low} and {high}": "{name}: {now}, entre {low} y {high}",
    "measured": "medido",
    "limit": "límite",
    "baseline": "línea base",
    "trigger {limit}": "disparador {limit}",
    "limit {limit}": "límite {limit}",
    # What would change the verdict
    "What would change the verdict:": "Qué cambiaría el veredicto:",
    "{conditions}: no data ({why}). Judged again at the first check that sees it.": (
        "{conditions}: sin datos ({why}). Se vuelve a evaluar en la primera comprobación que lo vea."
    ),
    "nothing came": "no llegó nada",
    "{seen}. The warning goes at the first check with {condition}.": (
        "{seen}. El aviso se quita en la primera comprobación con {condition}."
    ),
    "{seen}. Passes at the first check with {condition}.": "{seen}. Pasa en la primera comprobación con {condition}.",
    "{seen}. If it stays so: {then}.": "{seen}. Si sigue así: {then}.",
    "{seen}. If it stays so until {when}: {then}.": "{seen}. Si sigue así hasta {when}: {then}.",
    "If {condition}: {then}.": "Si {condition}: {then}.",
    "If it still fails when the bake is over: {then}.": "Si sigue fallando cuando acabe el rodaje: {then}.",
    "Without data until {when}: {then}.": "Sin datos hasta {when}: {then}.",
    "it bakes {span} longer": "rueda {span} más",
    "it bakes once more from the start": "rueda otra vez desde el principio",
    "Next check: {when}.": "Próxima comprobación: {when}.",
    # How a verb is used
    "`/canary help VERB` tells who may, what happens then, and examples.": (
        "`/canary help VERB` dice quién puede, qué pasa después y ejemplos."
    ),
    "*Who may:* {who}.": "*Quién puede:* {who}.",
    "*Then:* {what}": "*Después:* {what}",
    "anybody in the channel": "cualquiera del canal",
    "the plan's operators, approvers and override role; `adopt` and `override` take the override role": (
        "los operadores, los aprobadores y el rol override del plan; `adopt` y `override` piden el rol override"
    ),
    "the plan's operators, approvers and override role": "los operadores, los aprobadores y el rol override del plan",
    "whom the item names, else the plan's operators, approvers and override role": (
        "quien nombre el punto; si no, los operadores, los aprobadores y el rol override del plan"
    ),
    "whoever was asked at the checkpoint": "a quien se preguntó en el checkpoint",
    "the plan's approvers; where it wants four eyes, not whoever started or resumed it": (
        "los aprobadores del plan; donde pide cuatro ojos, no quien lo inició o reanudó"
    ),
    "the plan's approvers": "los aprobadores del plan",
    "all may look, whoever may operate it asks, its approvers approve; never who asked": (
        "todos miran, quien puede operarlo lo pide, sus aprobadores lo aprueban; nunca quien lo pidió"
    ),
    "the plan's override role": "el rol override del plan",
    "whoever froze it, while they may operate, and the override role": (
        "quien lo congeló, mientras pueda operar, y el rol override"
    ),
    "the answer is for you alone; nothing changes.": "la respuesta es solo para ti; no cambia nada.",
    "the answer is for you alone or, with `share`, for the channel; nothing changes.": (
        "la respuesta es solo para ti o, con `share`, para el canal; no cambia nada."
    ),
    "the gate's checklist shows it to all.": "la lista de la puerta lo muestra a todos.",
    "preflight asks every source and target, then the first weight is set. A thread begins.": (
        "el preflight pregunta a cada fuente y destino, luego se fija el primer peso. Empieza un hilo."
    ),
    "your yes counts for the open gate. With the last one and a fresh check it goes up; the thread tells.": (
        "tu sí cuenta para la puerta abierta. Con el último y una comprobación reciente, sube; el hilo lo dice."
    ),
    "the gate closes and it goes on hold, which is yours. The thread tells.": (
        "la puerta se cierra y pasa a pausa, que es tuya. El hilo lo dice."
    ),
    "the thread tells that you have seen it.": "el hilo dice que lo has visto.",
    "the bake is over. A passing check and others' approvals are still needed; all are told.": (
        "el rodaje termina. Siguen haciendo falta una comprobación que pase y aprobaciones de otros; se dice a todos."
    ),
    "a gate opens for exactly what fails now. Somebody else must approve; all are told.": (
        "se abre una puerta justo para lo que falla ahora. Tiene que aprobar otra persona; se dice a todos."
    ),
    "it stays where it is, for 24 h unless said otherwise. Rollback triggers stay on; the thread tells.": (
        "se queda donde está, 24 h si no se dice otra cosa. Los disparadores de rollback siguen activos; el hilo lo dice."
    ),
    "the bake goes on where it stopped. You may not approve leaving this stage; the thread tells.": (
        "el rodaje sigue donde se quedó. No puedes aprobar la salida de esta fase; el hilo lo dice."
    ),
    "traffic goes to 0% at once. The thread tells when that is read back, and what comes next.": (
        "el tráfico baja a 0% enseguida. El hilo dice cuándo se ha confirmado y qué viene después."
    ),
    "every method of the switch and weight 0, at once. What is still on is named until it's off.": (
        "cada método del interruptor y peso 0, enseguida. Lo que siga activo se nombra hasta que esté apagado."
    ),
    "the former values are put back, so that it may start again; the thread tells.": (
        "se restauran los valores anteriores, para que pueda volver a iniciarse; el hilo lo dice."
    ),
    "what would rise goes on hold; down stays open. The channels of its rollouts are told.": (
        "lo que iba a subir pasa a pausa; bajar siempre se puede. Se dice en los canales de sus despliegues."
    ),
    "what it held waits for a resume. The channels are told.": (
        "lo que retenía espera a que se reanude. Se dice en los canales."
    ),
    "holds and unanswered gates are theirs now, and they hear the outcome. The thread tells.": (
        "las pausas y las puertas sin respuesta son suyas desde ahora, y se le dice el resultado. El hilo lo dice."
    ),
    "what is different is posted, with buttons for the approvers; nothing changes until they say yes.": (
        "se publica lo que es distinto, con botones para los aprobadores; no cambia nada hasta que digan que sí."
    ),
    # Many rollouts at once
    "{count} live rollouts; none waits for a person.": "{count} despliegues en curso; ninguno espera a una persona.",
    "{all} live rollouts; {count} waits for a person.": "{all} despliegues en curso; {count} espera a una persona.",
    "{all} live rollouts; {count} wait for a person.": "{all} despliegues en curso; {count} esperan a una persona.",
    "… and {count} more; `/canary list WORD` shows those of a plan, service or environment.": (
        "… y {count} más; `/canary list WORD` muestra los de un plan, servicio o entorno."
    ),
    "• {name} in {environment}: {weight}, {state}; {verdict}": (
        "• {name} en {environment}: {weight}, {state}; {verdict}"
    ),
    "Nothing live has '{word}' in its plan, service or environment.": (
        "Nada en curso tiene '{word}' en su plan, servicio o entorno."
    ),
    # Tasks of a stage
    "It ends by {when}; a kill, a rollback or a hold stops it.": (
        "Termina, como muy tarde, {when}; un kill, una marcha atrás o una pausa la detienen."
    ),
    "It must show: {conditions}.": "Debe mostrar: {conditions}.",
    "Measured: {numbers}.": "Medido: {numbers}.",
    "Result": "Resultado",
    "Task": "Tarea",
    "Tasks": "Tareas",
    "Tasks: {tasks}": "Tareas: {tasks}",
    "The stage doesn't need it; nothing follows from it.": "La etapa no la necesita; no tiene consecuencias.",
    "The stage isn't left before it has passed. Once it is resumed, it runs again.": (
        "No se sale de la etapa hasta que la supere. Al reanudar, se ejecuta de nuevo."
    ),
    "failed": "fallida",
    "no result": "sin resultado",
    "passed": "superada",
    "stopped": "detenida",
    "task '{name}' begins": "empieza la tarea '{name}'",
    "task '{name}' failed: {why}": "la tarea '{name}' ha fallado: {why}",
    "task '{name}' has no result: {why}": "la tarea '{name}' no tiene resultado: {why}",
    "task '{name}' passed": "la tarea '{name}' se ha superado",
    "task '{name}' was stopped: {why}": "la tarea '{name}' se detuvo: {why}",
    "task {name}": "la tarea {name}",
    "task {name} to end, by {when}": "que termine la tarea {name}, como muy tarde {when}",
    "task {name} to pass ({why})": "que se supere la tarea {name} ({why})",
    "task {what}": "la tarea {what}",
    "tasks: {tasks}": "tareas: {tasks}",
    "{count} more are left out.": "Se omiten {count} más.",
    "{count} more is left out.": "Se omite {count} más.",
    "{name} at {offset}": "{name} en {offset}",
    "{name} at {offset}, {when}": "{name} en {offset}, {when}",
    "{name} failed at {at} ({why})": "{name} falló a las {at} ({why})",
    "{name} has no result ({why})": "{name} no tiene resultado ({why})",
    "{name} passed at {at}": "{name} se superó a las {at}",
    "{name} runs since {at}": "{name} se ejecuta desde las {at}",
    "{name} was stopped at {at} ({why})": "{name} se detuvo a las {at} ({why})",
    "{name}, which begins with the next check": "{name}, que empieza con la próxima comprobación",
    "⏹️ Task {name} was stopped after {span}: {why}.": "⏹️ La tarea {name} se detuvo tras {span}: {why}.",
    "✅ Task {name} passed {took}.": "✅ La tarea {name} se ha superado {took}.",
    "❌ Task {name} failed after {span}: {why}.": "❌ La tarea {name} ha fallado tras {span}: {why}.",
    "❔ Task {name} has no result: {why}.": "❔ La tarea {name} no tiene resultado: {why}.",
    "🧪 Task {name} begins again: {what}.": "🧪 La tarea {name} empieza de nuevo: {what}.",
    "🧪 Task {name} begins: {what}.": "🧪 La tarea {name} empieza: {what}.",
    # Actions besides traffic
    "🔧 {name}: {what} is done ({when}), {took}.": "🔧 {name}: {what}, hecho ({when}), {took}.",
    "❌ {name}: {what} failed ({when}): {fault}.": "❌ {name}: {what} ha fallado ({when}): {fault}.",
    "No traffic was moved for this stage. What was done before it stays until the rollout goes down.": (
        "No se ha movido tráfico para esta fase. Lo ya hecho se queda hasta que el despliegue baje."
    ),
    "Next: mend it, then `/canary resume {plan}`; or `/canary rollback {plan}`": (
        "Siguiente: arreglarlo y `/canary resume {plan}`; o `/canary rollback {plan}`"
    ),
    "Perch tries it again by itself, and nothing rises until it is done. Mend what refuses it.": (
        "Perch lo reintenta por sí solo, y nada sube hasta que esté hecho. Arreglar lo que lo rechaza."
    ),
    "The traffic stays as it is. Perch tries it again by itself until it is done.": (
        "El tráfico se queda como está. Perch lo reintenta por sí solo hasta que esté hecho."
    ),
    "🔧 {name}: {what} can't be taken back, and stays as it is ({when}).": (
        "🔧 {name}: {what} no se puede deshacer y se queda como está ({when})."
    ),
    "🔧 {name}: {what} is taken back ({when}).": "🔧 {name}: {what}, deshecho ({when}).",
    "⚠️ {name}: {what} STILL STANDS, it can't be taken back ({when}): {fault}.": (
        "⚠️ {name}: {what} SIGUE EN PIE, no se puede deshacer ({when}): {fault}."
    ),
    "The traffic didn't wait for it. Perch tries until it is gone. Mend what refuses it, or undo it by hand.": (
        "El tráfico no lo ha esperado. Perch lo intenta hasta conseguirlo. Arreglar lo que lo rechaza, o deshacerlo a mano."
    ),
    "🔧 {by} sees to what {name} left: {actions}. Perch tries it no longer: {reason} (fix: {fix}).": (
        "🔧 {by} se ocupa de lo que dejó {name}: {actions}. Perch ya no lo intenta: {reason} (arreglo: {fix})."
    ),
    "when completed": "al completarse",
    "before {weight}": "antes de {weight}",
    "after {weight}": "después de {weight}",
    "⚠️ STILL STANDS: {what}: {fault}. Tried again {again}.": "⚠️ SIGUE EN PIE: {what}: {fault}. Se reintenta {again}.",
    "❌ Action failed: {what}: {fault}. Tried again {again}.": "❌ Acción fallida: {what}: {fault}. Se reintenta {again}.",
    "🔧 To be taken back: {what}": "🔧 Por deshacer: {what}",
    "🔧 To be done: {what}": "🔧 Por hacer: {what}",
    "Waits for: what the plan wants done before {weight}. No traffic moves yet.": (
        "Espera: lo que el plan quiere hecho antes de {weight}. Todavía no se mueve tráfico."
    ),
    "action {name}": "acción {name}",
    "action {what} to be done": "que se haga la acción {what}",
    "action {what} to be taken back": "que se deshaga la acción {what}",
    "{count} action": "{count} acción",
    "{count} actions": "{count} acciones",
    "done: {what}, {took}": "hecho: {what}, {took}",
    "action failed: {what}: {fault}": "acción fallida: {what}: {fault}",
    "taken back: {what}": "deshecho: {what}",
    "stays as it is: {what}": "se queda como está: {what}",
    "STILL STANDS: {what}: {fault}": "SIGUE EN PIE: {what}: {fault}",
    "left to people: {what}": "queda en manos de personas: {what}",
    (
        "An earlier rollout of {plan} isn't through with its actions ({actions}); nothing was started. "
        "Perch goes on trying; see why it can't, or do it by hand and say so."
    ): (
        "Un despliegue anterior de {plan} no ha terminado con sus acciones ({actions}); no se ha iniciado nada. "
        "Perch sigue intentándolo; mirar por qué no puede, o hacerlo a mano y decirlo."
    ),
    # Several traffic targets
    "⚠️ {name}: {wanted} was set, and not every target shows it after {within}.": (
        "⚠️ {name}: se fijó {wanted}, y no todos los destinos lo muestran tras {within}."
    ),
    "• {target} is at {weight}": "• {target} está al {weight}",
    "• {target} can't be read: {fault}": "• {target} no se puede leer: {fault}",
}
