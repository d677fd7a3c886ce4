/** The names in a sentence of the server stand between backticks. */
export function pieces(sentence: string): { text: string; isName: boolean }[] {
  return sentence.split(/(`[^`]*`)/).map((piece) => (piece.startsWith('`') ? { text: piece.slice(1, -1), isName: true } : { text: piece, isName: false }))
}
