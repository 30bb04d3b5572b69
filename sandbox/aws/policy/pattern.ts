/**
 * Wildcards of IAM: `*` is any run of characters, `?` is one. IAM JSON policy reference, "Resource" and "String
 * condition operators".
 *
 * @module
 */

/** True if the whole text matches the pattern, case-sensitively. Linear in practice: one star is retried at a time. */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

/** Actions are compared without regard to case (IAM JSON policy reference, "Action"). */
export function matchesAction(pattern: string, action: string): boolean {
  return matchesPattern(pattern.toLowerCase(), action.toLowerCase());
}

/**
 * ArnLike and ArnEquals: each of the six colon-separated parts is compared on its own, so that a star does not reach
 * across a colon (IAM JSON policy reference, "Amazon Resource Name (ARN) condition operators").
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const patternParts = splitArn(pattern);
  const arnParts = splitArn(arn);
  if (patternParts === undefined || arnParts === undefined) return pattern === "*";
  return patternParts.every((part, index) => matchesPattern(part, arnParts[index] ?? ""));
}

function splitArn(text: string): string[] | undefined {
  const parts = text.split(":");
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
