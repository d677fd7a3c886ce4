/** Trains the assistant by itself for whoever wished so at its import, once nothing keeps it from that. */
import { IconPlayerPlay } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { problemsQuery } from '../app/queries'
import { toast } from '../ui/toasts'
import { useAssistant, useMay } from './assistant'
import { forgetTraining, wishesTraining, wishTraining } from './onceMended'
import { train } from './training'
import { useItemLink, type Place } from './useItemLink'
import { words } from './words'

export function TrainOnceMended() {
  const { id, training } = useAssistant()
  const mayTrain = useMay('trainings:write')
  const go = useItemLink()
  const { data } = useQuery({ ...problemsQuery(id), enabled: mayTrain && wishesTraining(id) })
  // Where somebody has trained it meanwhile, the wish has come true, and what is there now may not be meant for users yet.
  const isTrained = training !== null
  const isMended = mayTrain && data !== undefined && !data.items.some(({ severity }) => severity === 'error')
  useEffect(() => {
    if (!wishesTraining(id)) return
    if (isTrained) forgetTraining(id)
    else if (isMended) void comeTrue(id, go)
  }, [isTrained, isMended, id, go])
  return null
}

async function comeTrue(id: string, go: (place: Place) => void): Promise<void> {
  forgetTraining(id) // another tab sees the same
  if (await train(id, go)) toast(IconPlayerPlay, words.training.nowMended)
  else wishTraining(id)
}
