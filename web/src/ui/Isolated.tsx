/** What people and bots wrote, kept apart from the words around it: no mark of direction in it reaches beyond it. */
import { balanced } from './direction'

export function Isolated({ text, className }: { text: string; className?: string }) {
  return <bdi className={className}>{balanced(text)}</bdi>
}
