/**
 * Waits for everybody who was lent a buffer, also after one has failed: what is lent must not be wiped, and `Promise.all`
 * comes back at the first failure.
 *
 * @throws what the first of them in order rejected with.
 */
export async function lentToAll<T>(borrowers: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(borrowers);
  return ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}
