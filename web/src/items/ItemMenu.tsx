/** The actions on an item behind one button. */
import { Menu } from '@mantine/core'
import { IconCopy, IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { IconButton } from '../ui/controls'
import { Icon } from '../ui/Icon'
import type { Acted } from './item'
import { useItemActions } from './useItemActions'
import { words } from './words'

export function ItemMenu({ item, own, onGone, className }: { item: Acted; own: boolean; onGone: () => void; className?: string }) {
  const { rename, duplicate, remove, dialogs } = useItemActions(item, own, onGone)
  if (rename === null && duplicate === null && remove === null) return null
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <IconButton icon={IconDots} label={words.more(item.name)} small {...(className === undefined ? {} : { className })} />
        </Menu.Target>
        <Menu.Dropdown>
          {rename && (
            <Menu.Item leftSection={<Icon of={IconPencil} />} onClick={rename}>
              {words.rename}
            </Menu.Item>
          )}
          {duplicate && (
            <Menu.Item leftSection={<Icon of={IconCopy} />} onClick={duplicate}>
              {words.duplicate}
            </Menu.Item>
          )}
          {remove && (
            <>
              <Menu.Divider />
              <Menu.Item data-danger leftSection={<Icon of={IconTrash} />} onClick={remove}>
                {words.delete}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialogs}
    </>
  )
}
