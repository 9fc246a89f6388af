const UUID = /^\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/i;

/** A UUID as PostgreSQL prints it, whatever case, braces and dashes it comes with. Another text stays as it is. */
export function canonicalUuid(text: string): string {
  const parts = UUID.exec(text);
  return parts === null ? text : parts.slice(1).join('-').toLowerCase();
}

/** Whether a text is a UUID in its usual form; the case does not count. */
export const isUuid = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
