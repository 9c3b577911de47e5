// Weights and prices as people type them in the page's language, as whole numbers of the smallest part.
const language = document.documentElement.lang;
export const mark = (1.5).toLocaleString(language).charAt(1);

// 18.1 with 3 decimals is 18100; null where it cannot be read.
export function read(text, decimals) {
  const plain = text.trim().replace(mark, ".");
  const [, whole, part = ""] = /^(\d{1,9})(?:\.(\d+))?$/.exec(plain) ?? [];
  return whole === undefined || part.length > decimals ? null : Number(whole + part.padEnd(decimals, "0"));
}

export const grams = (text) => read(text, 3);
export const say = (weight) => `${(weight / 1000).toLocaleString(language, { maximumFractionDigits: 3 })} kg`;
export const type = (weight) => String(weight / 1000).replace(".", mark);
