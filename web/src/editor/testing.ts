/** A text and its tree, without an editor. */
import { yamlLanguage } from '@codemirror/lang-yaml'
import { Text } from '@codemirror/state'
import { YamlText } from './yamlText'

export function yamlText(text: string): YamlText {
  return new YamlText(Text.of(text.split('\n')), yamlLanguage.parser.parse(text))
}
