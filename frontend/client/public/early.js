const theme = localStorage.getItem('keyreel.theme')
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
