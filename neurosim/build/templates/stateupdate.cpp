{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{# One loop for each stretch of neurons whose layer is one and whose channels follow each other: inside it,
   what a layer shares is a constant and what a channel has lies side by side, so that compilers vectorise it.
   The indices are shadowed by what they are along a stretch. Code without layer and channel is one stretch, run
   in order. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    static const std::vector<neurosim::Stretch> stretches =
        neurosim::stretches({{constant_or_scalar('N', variables['N'])}}, {{layer if layer is defined else 'nullptr'}},
                            {{channel if channel is defined else 'nullptr'}});
    #pragma omp parallel for schedule(static)
    for (size_t s = 0; s < stretches.size(); s++)
    {
        const neurosim::Stretch stretch = stretches[s];
        {% if layer is defined %}
        const neurosim::Constant {{layer}}{stretch.layer};
        {% endif %}
        {% if i is defined %}
        const neurosim::Ascending {{i}}{0};
        {% endif %}
        {% if channel is defined %}
        const neurosim::Ascending {{channel}}{stretch.channel - stretch.begin};
        {% endif %}
        #pragma GCC ivdep
        for (int _idx = stretch.begin; _idx < stretch.end; _idx++)
        {
            // vector code
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
