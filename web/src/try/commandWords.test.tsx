import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { commandWords } from './commandWords'

const shown = (command: Record<string, unknown>) => renderToStaticMarkup(<>{commandWords(command)}</>)
const isolated = (html: string) => [...html.matchAll(/<bdi[^>]*>([^<]*)<\/bdi>/g)].map((match) => match[1])

describe('commands in words', () => {
  it('keep each value apart from the words around it, and close what it opens', () => {
    const html = shown({ command: 'correct slot', corrected_slots: [{ name: 'who', value: '\u202Eeve' }, { name: 'size', value: 'ראשון' }] })
    expect(isolated(html)).toEqual(['\u202Eeve\u202C', 'ראשון'])
    expect(html.replaceAll(/<[^>]*>/g, '')).toBe('Correct who = \u202Eeve\u202C · size = ראשון')
  })

  it('keep each flow that is asked for apart', () => {
    expect(isolated(shown({ command: 'clarify', options: ['order_tea', 'ראשון'] }))).toEqual(['order_tea', 'ראשון'])
  })

  it('say no command by its raw name', () => {
    const names = ['cancel flow', 'cannot handle', 'skip question', 'chitchat', 'knowledge', 'repeat', 'restart', 'session start', 'session end', 'human handoff', 'user silence', 'handle code change', 'change_flow', 'noop', 'continue agent', 'restart agent']
    expect(names.filter((name) => shown({ command: name }) === name)).toEqual([])
  })
})
