import { Menu } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { Icon } from '../ui/Icon'
import { languageName, languagesOf, useAssistant, useContentLanguage } from './assistant'
import { useLayout } from './layout'
import { words } from './words'

/** In which language content is shown; there is nothing to choose with one language. */
export function LanguageMenu() {
  const assistant = useAssistant()
  const language = useContentLanguage()
  const languages = languagesOf(assistant)
  if (languages.length < 2) return null
  const choose = (code: string) => useLayout.setState(({ languages: all }) => ({ languages: { ...all, [assistant.id]: code } }))
  return (
    <>
      <span className="vr" />
      <Menu>
        <Menu.Target>
          <button type="button" className="btn quiet" title={words.languageMenu.languageIs(languageName(language))}>
            <span className="sr">{words.languageMenu.languageLead} </span>
            {language.toUpperCase()} <Icon of={IconChevronDown} size={14} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{words.languageMenu.language}</Menu.Label>
          <Menu.RadioGroup value={language} onChange={choose}>
            {languages.map((code) => (
              <Menu.RadioItem key={code} value={code} closeMenuOnClick checkIcon={<Icon of={IconCheck} size={14} />}>
                {languageName(code)}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
