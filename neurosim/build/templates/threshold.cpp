{# USES_VARIABLES { N } #}
{# Only neurons whose k is not zero can pass, or have anything to send, and these are found many at a time; where there
   is a `speaks`, it says who has. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // scalar code
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    {% set _eventspace = get_array_name(eventspace_variable) %}
    long _count = 0;
    for (int _first = 0; _first < N; _first += 64)
    {
        int32_t _where[64];
        const int _found = neurosim::nonzero({{speaks if speaks is defined else k}} + _first, N - _first < 64 ? N - _first : 64, _where);
        const neurosim::Ascending {{i}}{0};
        for (int _n = 0; _n < _found; _n++)
        {
            const size_t _idx = _first + _where[_n];
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            if (_cond) {{_eventspace}}[_count++] = _idx;
        }
    }
    {{_eventspace}}[N] = _count;
{% endblock %}

{% block after_code %}
{% set _eventspace = get_array_name(eventspace_variable) %}
{{_eventspace}}[N] = 0;
{% endblock %}
