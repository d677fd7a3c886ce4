// What makes the forms pleasant; they work the same without it.
for (const eye of document.querySelectorAll('.eye')) {
  const input = eye.parentElement.querySelector('input');
  eye.hidden = false;
  eye.parentElement.classList.add('has-eye');
  eye.addEventListener('click', () => {
    const shown = input.type === 'password';
    input.type = shown ? 'text' : 'password';
    eye.setAttribute('aria-pressed', String(shown));
    input.focus();
  });
}

const rules = document.querySelector('.rules');
if (rules) {
  const value = (id) => document.getElementById(id)?.value ?? '';
  const name = () => (value('username') || rules.dataset.name || '').trim().toLowerCase();
  const checks = {
    length: () => [...value('password')].length >= Number(rules.dataset.least),
    name: () => value('password') !== '' && (name().length < 3 || !value('password').toLowerCase().includes(name())),
    twice: () => value('password') !== '' && value('password') === value('again'),
  };
  const button = document.querySelector('form .button');
  const update = () => {
    let all = true;
    for (const rule of rules.querySelectorAll('li[data-rule]')) {
      const met = checks[rule.dataset.rule]();
      rule.classList.toggle('met', met);
      all &&= met;
      rule.querySelector('.sr').textContent = met ? ', met' : ', not yet';
    }
    // It can be pressed all the same, and then says what is wrong.
    button.classList.toggle('early', !all);
  };
  document.querySelector('form').addEventListener('input', update);
  update();
}
