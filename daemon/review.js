// SPDX-License-Identifier: Apache-2.0
// What people said is only ever put into the page as text, never as markup.
"use strict";

const form = document.getElementById("choice");
const state = document.getElementById("state");
const rows = document.getElementById("pairs");
const decisions = [["approve", "Approve"], ["deny", "Deny"], ["reset", "Reset"]];

function say(text, failed) {
	state.textContent = text;
	state.classList.toggle("error", Boolean(failed));
}

async function ask(path, options) {
	const answer = await fetch(path, options);
	const body = await answer.json();
	if (!answer.ok)
		throw new Error(body.error || `status ${answer.status}`);
	return body;
}

function cell(row, name, content) {
	const made = row.insertCell();
	made.className = name;
	if (content instanceof Node)
		made.append(content);
	else
		made.textContent = content;
	return made;
}

// Text in its own language and direction, whatever the page's are.
function said(text, locale, link) {
	const made = document.createElement(link ? "a" : "bdi");
	made.dir = "auto";
	made.lang = locale;
	made.textContent = text;
	if (link)
		made.href = link;
	return made;
}

function explanation(pair) {
	return "/v1/explain?" + new URLSearchParams({locale: pair.locale, utterance: pair.source});
}

async function decide(row, pair, decision) {
	const buttons = row.querySelectorAll("button");
	buttons.forEach((button) => { button.disabled = true; });
	try {
		const order = {decision, locale: pair.locale, source: pair.source, target: pair.target};
		if (form.elements.who.value)
			order.who = form.elements.who.value;
		const done = await ask("/v1/review", {
			method: "POST",
			headers: {"Content-Type": "application/json"},
			body: JSON.stringify(order),
		});
		row.classList.add("done");
		say(`${done.decision}: ${pair.source} → ${pair.target}`);
	} catch (error) {
		say(error.message, true);
	}
	buttons.forEach((button) => { button.disabled = false; });
}

function show(pair) {
	const row = rows.insertRow();
	cell(row, "text", said(pair.source, pair.locale, explanation(pair)));
	cell(row, "text", said(pair.target, pair.locale));
	cell(row, "number", pair.locale);
	cell(row, "number", pair.p.toFixed(2));
	cell(row, "number", pair.users);
	cell(row, "number", pair.days);
	cell(row, "number", `${pair.wins} : ${pair.losses}`);
	cell(row, "why", pair.reasons.join(", ").replaceAll("_", " "));
	const place = cell(row, "decision", "");
	for (const [decision, label] of decisions) {
		const button = document.createElement("button");
		button.type = "button";
		button.textContent = label;
		button.addEventListener("click", () => decide(row, pair, decision));
		place.append(button);
	}
}

async function list() {
	const query = new URLSearchParams({status: form.elements.status.value,
		limit: form.elements.limit.value});
	if (form.elements.locale.value)
		query.set("locale", form.elements.locale.value);
	say("…");
	try {
		const answer = await ask("/v1/pairs?" + query);
		rows.replaceChildren();
		answer.pairs.forEach(show);
		say(`${answer.pairs.length} of ${answer.total}, as known in ${answer.week}; those with most evidence first`);
	} catch (error) {
		say(error.message, true);
	}
}

form.addEventListener("submit", (event) => {
	event.preventDefault();
	list();
});
form.elements.status.addEventListener("change", list);
list();
