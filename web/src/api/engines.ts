/** The engines that the operator has set up, and which of them an assistant has. */
import * as sdk from './generated'
import './http'

const STRICT = { throwOnError: true } as const

export const listEngines = async (): Promise<string[]> => (await sdk.listEngines(STRICT)).items
export const chooseEngine = (aid: string, engine: string) => sdk.chooseEngine({ ...STRICT, path: { aid }, body: { engine } })
