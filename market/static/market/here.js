// Says beside each time of an order cycle what it is where the reader is, if his clock shows another hour there.
for (const time of document.querySelectorAll("time[data-here]")) {
  const when = new Date(time.dateTime);
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)$/.exec(time.dateTime) ?? [0, "+", "0", "0"];
  const shown = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  if (shown === -when.getTimezoneOffset()) continue;
  const said = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "short" }).format(when);
  time.append(` (${said}, ${time.dataset.here})`);
}
